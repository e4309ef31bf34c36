/**
 * Tell an address of the operator's choice when runs begin, end and are stopped, and which fires
 * are skipped. A run never waits for it, and never fails because of it; no engine can name an
 * address.
 */
@NullMarked
package io.chaosrunner.webhook;

import org.jspecify.annotations.NullMarked;
