package io.chaosrunner.report;

import java.util.List;

/** Line up cells: each column is as wide as its widest cell. */
final class Columns {
    private static final String GAP = "  ";

    private Columns() {}

    /** Return one line for each row; all rows have as many cells. */
    static List<String> of(List<List<String>> cells) {
        List<List<String>> rows =
                cells.stream().map(row -> row.stream().map(Printed::line).toList()).toList();
        int[] widths = new int[rows.getFirst().size()];
        for (List<String> row : rows) {
            for (int i = 0; i < widths.length; i++) {
                widths[i] = Math.max(widths[i], row.get(i).length());
            }
        }
        return rows.stream().map(row -> line(row, widths)).toList();
    }

    private static String line(List<String> row, int[] widths) {
        var line = new StringBuilder();
        for (int i = 0; i < widths.length; i++) {
            line.append(i == 0 ? "" : GAP).append(row.get(i));
            line.append(" ".repeat(widths[i] - row.get(i).length()));
        }
        return line.toString();
    }
}
