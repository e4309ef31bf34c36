/**
 * Lists of holidays that schedules share: text and calendar files of strangers, read within limits.
 * Pure: it never fetches a list, and knows no schedule.
 */
@NullMarked
package io.chaosrunner.holidays;

import org.jspecify.annotations.NullMarked;
