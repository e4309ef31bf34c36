package io.chaosrunner.machine;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;

/**
 * A list whose every change returns a new list and leaves the old one as it was.
 *
 * <p>Two levels of arrays: a change copies one leaf and the root, about {@code 64 + n/64}
 * references, which for the sizes of a run (up to 10^5) is far less than copying the whole.
 */
final class PersistentList<E> implements Iterable<E> {
    private static final int LEAF = 64;
    private static final PersistentList<?> EMPTY = new PersistentList<>(new Object[0][], 0);

    private final Object[][] leaves;
    private final int size;

    private PersistentList(Object[][] leaves, int size) {
        this.leaves = leaves;
        this.size = size;
    }

    @SuppressWarnings("unchecked") // Holds nothing, so it may be a list of anything.
    static <E> PersistentList<E> empty() {
        return (PersistentList<E>) EMPTY;
    }

    static <E> PersistentList<E> of(List<? extends E> elements) {
        Object[][] leaves = new Object[(elements.size() + LEAF - 1) / LEAF][];
        for (int i = 0; i < leaves.length; i++) {
            int end = Math.min(elements.size(), (i + 1) * LEAF);
            leaves[i] = new ArrayList<>(elements.subList(i * LEAF, end)).toArray();
        }
        return new PersistentList<>(leaves, elements.size());
    }

    int size() {
        return size;
    }

    boolean isEmpty() {
        return size == 0;
    }

    @SuppressWarnings("unchecked") // Only elements are ever put in.
    E get(int index) {
        if (index < 0 || index >= size) {
            throw new IndexOutOfBoundsException("index " + index + " of " + size);
        }
        return (E) leaves[index / LEAF][index % LEAF];
    }

    PersistentList<E> with(int index, E element) {
        get(index);
        Object[][] root = leaves.clone();
        root[index / LEAF] = root[index / LEAF].clone();
        root[index / LEAF][index % LEAF] = element;
        return new PersistentList<>(root, size);
    }

    PersistentList<E> plus(E element) {
        Object[][] root = leaves;
        if (size % LEAF == 0) {
            root = Arrays.copyOf(leaves, leaves.length + 1);
            root[root.length - 1] = new Object[] {element};
        } else {
            root = leaves.clone();
            Object[] last = root[root.length - 1];
            root[root.length - 1] = Arrays.copyOf(last, last.length + 1);
            root[root.length - 1][last.length] = element;
        }
        return new PersistentList<>(root, size + 1);
    }

    @Override
    public Iterator<E> iterator() {
        return new Iterator<>() {
            private int next;

            @Override
            public boolean hasNext() {
                return next < size;
            }

            @Override
            public E next() {
                if (!hasNext()) {
                    throw new NoSuchElementException();
                }
                return get(next++);
            }
        };
    }
}
