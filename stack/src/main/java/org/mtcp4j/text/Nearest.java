/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.text;

import java.util.Collection;

/** The name that somebody who mistyped one probably meant. */
public final class Nearest {
    /** One edit in so many letters is a slip of the fingers; more is another word. */
    private static final int LETTERS_PER_EDIT = 3;

    private Nearest() {}

    /**
     * The name that the typed one is the end or the beginning of ({@code host-ip} of {@code tap.host-ip}), else the one that takes the fewest
     * edits, if they are few; null where none is near.
     */
    public static String to(String typed, Collection<String> names) {
        String best = null;
        int bestDistance = Math.max(1, typed.length() / LETTERS_PER_EDIT) + 1;
        for (String name : names) {
            int distance = isPartOf(typed, name) ? 0 : edits(typed, name);
            // Of two that are as near, the shorter one has less in it that was not typed.
            boolean shorter = best != null && name.length() < best.length();
            if (distance < bestDistance || (distance == bestDistance && shorter)) {
                bestDistance = distance;
                best = name;
            }
        }
        return best;
    }

    /** Whole words at its end, or some letters at its beginning; or the other way round ({@code duplicate}, {@code dup}). */
    private static boolean isPartOf(String typed, String name) {
        if (Math.min(typed.length(), name.length()) < LETTERS_PER_EDIT || typed.length() == name.length()) {
            return false;
        }
        int from = name.length() - typed.length();
        return name.startsWith(typed)
                || typed.startsWith(name)
                || (name.endsWith(typed) && isSeparator(name.charAt(from - 1)));
    }

    private static boolean isSeparator(char letter) {
        return letter == '.' || letter == '-';
    }

    /** {@code ; did you mean 'tap'?}, or nothing. */
    public static String question(String typed, Collection<String> names) {
        String nearest = to(typed, names);
        return nearest == null ? "" : "; did you mean '" + nearest + "'?";
    }

    private static int edits(String a, String b) {
        int[] row = new int[b.length() + 1];
        for (int j = 0; j < row.length; j++) {
            row[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j < row.length; j++) {
                int above = row[j];
                int replaced = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                row[j] = Math.min(replaced, Math.min(above, row[j - 1]) + 1);
                diagonal = above;
            }
        }
        return row[b.length()];
    }
}
