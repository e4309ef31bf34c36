package io.chaosrunner.ui;

/** News as server-sent events. */
final class Events {
    private Events() {}

    /** Return the text of news; whatever is in it, it cannot be taken for more events. */
    static String of(Feed.News news) {
        return switch (news) {
            case Feed.News.Whole(String version, String main) ->
                    "id: %s\nevent: whole\n%s\n".formatted(version, data(main));
            case Feed.News.Parts(var html) -> {
                var text = new StringBuilder();
                html.forEach(each -> text.append("event: part\n").append(data(each)).append('\n'));
                yield text.toString();
            }
            case Feed.News.Quiet() -> ":\n\n";
        };
    }

    private static String data(String text) {
        var lines = new StringBuilder();
        text.lines().forEach(line -> lines.append("data: ").append(line).append('\n'));
        return lines.toString();
    }
}
