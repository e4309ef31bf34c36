package io.chaosrunner.export;

import java.util.function.Consumer;

/** A page of which parts may be written again by themselves. */
public interface Parts {
    /** Return what is written to between the parts. */
    Page page();

    /**
     * Write a part.
     *
     * @param id of the element, unique in the page
     * @param attributes more of them, names and values by turns
     */
    void part(String element, String id, Consumer<Page> content, String... attributes);

    /** Return a page that is written once: its parts are elements as any other. */
    static Parts once(Page page) {
        return new Parts() {
            @Override
            public Page page() {
                return page;
            }

            @Override
            public void part(
                    String element, String id, Consumer<Page> content, String... attributes) {
                page.open(element, attributes);
                content.accept(page);
                page.close();
            }
        };
    }
}
