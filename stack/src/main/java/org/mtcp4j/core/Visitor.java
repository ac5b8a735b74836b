/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import java.io.IOException;

/** What is done with each of many, as they are found, where it may write them out: see {@link Engine#forEachFlow}. */
public interface Visitor<T> {
    void visit(T each) throws IOException;
}
