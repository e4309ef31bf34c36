/**
 * A run as a file for others: JUnit XML, Markdown, HTML, JSON and GitHub's annotations. One value,
 * {@link io.chaosrunner.export.ReportedRun}, says what is known of a run, and every form is a
 * function of it. Whatever the value holds may be a stranger's: each form escapes it in its own
 * way. Loaded only where a report is asked for; it never decides anything.
 */
@NullMarked
package io.chaosrunner.export;

import org.jspecify.annotations.NullMarked;
