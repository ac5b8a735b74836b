/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import java.io.IOException;

/** What is done with each flow: see {@link Engine#forEachFlow}. */
public interface FlowVisitor {
    void visit(Flow flow) throws IOException;
}
