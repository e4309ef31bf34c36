/** A strategy of your own, complete: one class and one service line. */
@NullMarked
package com.example.chaos;

import org.jspecify.annotations.NullMarked;
