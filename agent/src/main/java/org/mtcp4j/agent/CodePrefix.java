/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.agent;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.Map;

/**
 * Puts instructions before those of a method (JVMS 4.7.3): they start with an empty stack, change no local variable, and either return or
 * fall through. Jumps are relative, so only tables move: exceptions, line numbers and the stack map, which gets a frame where the method began.
 */
final class CodePrefix {
    /** Instructions that are padded by their position are in multiples of this. */
    private static final int ALIGNMENT = 4;

    private static final int SAME_MOST = 63;
    private static final int SAME_ONE_MOST = 127;
    private static final int SAME_ONE_EXTENDED = 247;
    private static final int CHOP_LEAST = 248;
    private static final int SAME_EXTENDED = 251;
    private static final int FULL = 255;
    private static final int OBJECT = 7;
    private static final int UNINITIALIZED = 8;

    private final byte[] prefix;
    private final Map<Integer, String> strings;
    private final boolean verified;

    /**
     * @param prefix a multiple of 4 bytes
     * @param strings the class file's constants of that kind
     * @param verified the class has stack maps; the JVM gives those of its own that it has loaded already back without, since it trusts them
     */
    CodePrefix(byte[] prefix, Map<Integer, String> strings, boolean verified) {
        if (prefix.length % ALIGNMENT != 0 || prefix.length > SAME_MOST) {
            throw new IllegalArgumentException("a prefix of " + prefix.length + " bytes");
        }
        this.prefix = prefix;
        this.strings = strings;
        this.verified = verified;
    }

    /** Of the content of a Code attribute. */
    byte[] apply(byte[] content, int stack) throws IOException {
        DataInputStream in = new DataInputStream(new ByteArrayInputStream(content));
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(content.length + prefix.length + ALIGNMENT);
        DataOutputStream out = new DataOutputStream(bytes);
        out.writeShort(Math.max(in.readUnsignedShort(), stack));
        out.writeShort(in.readUnsignedShort());
        int length = in.readInt();
        out.writeInt(length + prefix.length);
        out.write(prefix);
        out.write(in.readNBytes(length));
        int handlers = in.readUnsignedShort();
        out.writeShort(handlers);
        for (int i = 0; i < handlers; i++) {
            for (int field = 0; field < 3; field++) {
                out.writeShort(in.readUnsignedShort() + prefix.length);
            }
            out.writeShort(in.readUnsignedShort());
        }
        if (!attributes(in, out) && verified) {
            throw new IOException("a method without a stack map");
        }
        return bytes.toByteArray();
    }

    /** Those of the code; what else there may be is for debuggers, and goes. Whether there was a stack map. */
    private boolean attributes(DataInputStream in, DataOutputStream out) throws IOException {
        ByteArrayOutputStream kept = new ByteArrayOutputStream();
        DataOutputStream keptOut = new DataOutputStream(kept);
        int count = 0;
        boolean mapped = false;
        for (int left = in.readUnsignedShort(); left > 0; left--) {
            int name = in.readUnsignedShort();
            DataInputStream content = new DataInputStream(new ByteArrayInputStream(in.readNBytes(in.readInt())));
            byte[] moved =
                    switch (strings.getOrDefault(name, "")) {
                        case "LineNumberTable" -> lines(content);
                        case "StackMapTable" -> frames(content);
                        default -> null;
                    };
            if (moved != null) {
                mapped |= strings.get(name).equals("StackMapTable");
                count++;
                keptOut.writeShort(name);
                keptOut.writeInt(moved.length);
                keptOut.write(moved);
            }
        }
        out.writeShort(count);
        kept.writeTo(out);
        return mapped;
    }

    private byte[] lines(DataInputStream in) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        DataOutputStream out = new DataOutputStream(bytes);
        int count = in.readUnsignedShort();
        out.writeShort(count);
        for (int i = 0; i < count; i++) {
            out.writeShort(in.readUnsignedShort() + prefix.length);
            out.writeShort(in.readUnsignedShort());
        }
        return bytes.toByteArray();
    }

    private byte[] frames(DataInputStream in) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        DataOutputStream out = new DataOutputStream(bytes);
        int count = in.readUnsignedShort();
        out.writeShort(count + 1);
        out.writeByte(prefix.length);
        for (int i = 0; i < count; i++) {
            // The first is counted from the method's begin, all others from the frame before and one more; now the
            // first is too.
            frame(in, out, i == 0 ? 1 : 0);
        }
        return bytes.toByteArray();
    }

    private void frame(DataInputStream in, DataOutputStream out, int less) throws IOException {
        int type = in.readUnsignedByte();
        if (type <= SAME_ONE_MOST) {
            int offset = type <= SAME_MOST ? type : type - SAME_MOST - 1;
            if (offset < less) {
                throw new IOException("a frame at the begin of the method");
            }
            out.writeByte(type - less);
            copyTypes(in, out, type <= SAME_MOST ? 0 : 1);
            return;
        }
        int offset = in.readUnsignedShort();
        if (offset < less) {
            throw new IOException("a frame at the begin of the method");
        }
        out.writeByte(type);
        out.writeShort(offset - less);
        if (type == SAME_ONE_EXTENDED) {
            copyTypes(in, out, 1);
        } else if (type == FULL) {
            copyCounted(in, out);
            copyCounted(in, out);
        } else if (type > SAME_EXTENDED) {
            copyTypes(in, out, type - SAME_EXTENDED);
        } else if (type < CHOP_LEAST) {
            throw new IOException("unknown frame type " + type);
        }
    }

    private void copyCounted(DataInputStream in, DataOutputStream out) throws IOException {
        int count = in.readUnsignedShort();
        out.writeShort(count);
        copyTypes(in, out, count);
    }

    private void copyTypes(DataInputStream in, DataOutputStream out, int count) throws IOException {
        for (int i = 0; i < count; i++) {
            int tag = in.readUnsignedByte();
            out.writeByte(tag);
            if (tag == OBJECT) {
                out.writeShort(in.readUnsignedShort());
            } else if (tag == UNINITIALIZED) {
                // Where its new instruction is.
                out.writeShort(in.readUnsignedShort() + prefix.length);
            }
        }
    }
}
