/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.nic;

/** Makes NICs of one kind; found by {@code ServiceLoader} and by the part of {@code mtcp.nic} before the colon. */
public interface NicProvider {
    /** The kind, e.g. {@code tap}. */
    String kind();

    /** Null when NICs of this kind can be opened here, else one sentence: what is missing, why, how to mend it. Opens nothing. */
    String unavailable();

    /**
     * @param arguments what follows {@code kind:} in {@code mtcp.nic}, never null
     * @throws NicUnavailableException with one sentence: what, why, how to mend
     */
    Nic open(String arguments, NicSettings settings) throws NicUnavailableException;
}
