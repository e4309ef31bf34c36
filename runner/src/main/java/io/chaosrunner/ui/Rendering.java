package io.chaosrunner.ui;

import io.chaosrunner.export.Page;
import io.chaosrunner.export.Parts;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * What a page shows at one time: its content, of which parts may be sent again by themselves.
 *
 * @param title of the page
 * @param main the content, as HTML
 * @param frame the content without what is in its parts: two renderings with the same frame differ
 *     in their parts only
 * @param parts the parts as HTML, by their ids
 * @param goesOn whether it changes with the time alone
 */
record Rendering(
        String title, String main, String frame, Map<String, String> parts, boolean goesOn) {

    /** Writes one. Owned by one thread. */
    static final class Writer implements Parts {
        private final Page page = new Page();
        private final Map<String, String> parts = new LinkedHashMap<>();

        /** Where each part begins and ends, by turns. */
        private final List<Integer> bounds = new ArrayList<>();

        private final String title;
        private boolean goesOn;

        Writer(String title) {
            this.title = title;
        }

        @Override
        public Page page() {
            return page;
        }

        /** Say that the page changes as time goes by, though nothing happens. */
        void goesOn() {
            goesOn = true;
        }

        /** Write a part: an element that is sent again, by itself, when it has changed. */
        @Override
        public void part(String element, String id, Consumer<Page> content, String... attributes) {
            var part = new Page();
            var all = new ArrayList<>(List.of("id", id));
            all.addAll(List.of(attributes));
            part.open(element, all.toArray(String[]::new));
            content.accept(part);
            part.close();
            if (parts.put(id, part.toString()) != null) {
                throw new IllegalStateException("this is a bug: two parts are called " + id);
            }
            bounds.add(page.length());
            bounds.add(page.insert(part).length());
        }

        Rendering done() {
            String main = page.toString();
            var frame = new StringBuilder();
            int from = 0;
            for (int i = 0; i < bounds.size(); i += 2) {
                frame.append(main, from, bounds.get(i));
                from = bounds.get(i + 1);
            }
            frame.append(main, from, main.length()).append(parts.keySet());
            return new Rendering(
                    title, main, frame.toString(), Collections.unmodifiableMap(parts), goesOn);
        }
    }
}
