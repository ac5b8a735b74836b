/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.config;

/** A configuration that does not fit; the message is one sentence with the cure. */
public final class ConfigException extends Exception {
    private static final long serialVersionUID = 1L;

    public ConfigException(String sentence) {
        super(sentence);
    }
}
