/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.agent;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;

/**
 * Replaces the bodies of methods in a class file by calls of a static method with the same arguments (JVMS chapter 4), always or where another
 * static method says so of one argument. It adds six entries to the constant pool for each of the two, so it needs no library and has no limit on
 * the class file's version: ADR 0007.
 */
final class ClassPatch {
    private static final int METHODREF_ENTRIES = 6;

    private static final int UTF8 = 1;
    private static final int LONG = 5;
    private static final int DOUBLE = 6;
    private static final int CLASS = 7;
    private static final int METHODREF = 10;
    private static final int NAME_AND_TYPE = 12;

    private static final int ILOAD = 21;
    private static final int IFEQ = 153;
    private static final int IRETURN = 172;
    private static final int RETURN = 177;
    private static final int INVOKESTATIC = 184;

    /**
     * A method whose body goes.
     *
     * @param name of the method
     * @param descriptor of the method, as {@code (Z)Ljava/net/SocketImpl;}
     * @param target the static method to call instead
     * @param targetDescriptor takes the same slots: {@code this} first where there is one
     * @param guard null where the body is always replaced
     */
    record Body(String name, String descriptor, String target, String targetDescriptor, Guard guard) {
        /** One whose own body is never run. */
        Body(String name, String descriptor, String target, String targetDescriptor) {
            this(name, descriptor, target, targetDescriptor, null);
        }

        private int references() {
            return guard == null ? 1 : 2;
        }
    }

    /**
     * Who decides.
     *
     * @param method the static method to ask
     * @param descriptor takes one reference, as {@code (Ljava/lang/Object;)Z}
     * @param slot of the argument that it is given
     */
    record Guard(String method, String descriptor, int slot) {}

    private final Map<String, Body> bodies = new HashMap<>();
    private final String targetClass;
    private final boolean verified;
    private final Map<Integer, String> strings = new HashMap<>();
    private int replaced;

    /**
     * @param targetClass internal name, {@code org/mtcp4j/agent/boot/Bridge}
     * @param verified false where the class file is of a class that the JVM has loaded, and trusts: it may be without stack maps
     */
    ClassPatch(String targetClass, boolean verified) {
        this.targetClass = targetClass;
        this.verified = verified;
    }

    ClassPatch replace(Body body) {
        bodies.put(body.name() + body.descriptor(), body);
        return this;
    }

    /**
     * @return the patched class file
     * @throws IOException where the class does not have every method that is to be replaced
     */
    byte[] apply(byte[] classFile) throws IOException {
        DataInputStream in = new DataInputStream(new ByteArrayInputStream(classFile));
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(classFile.length + 512);
        DataOutputStream out = new DataOutputStream(bytes);
        out.writeLong(in.readLong());
        int constants = in.readUnsignedShort();
        int references = bodies.values().stream().mapToInt(Body::references).sum();
        out.writeShort(constants + METHODREF_ENTRIES * references);
        copyConstants(in, out, constants);
        Map<String, Integer> targets = new HashMap<>();
        int next = constants;
        for (Body body : bodies.values()) {
            writeReference(out, body.target(), body.targetDescriptor(), next);
            next += METHODREF_ENTRIES;
            // That of the guard, if there is one, has the last index.
            targets.put(body.name() + body.descriptor(), next - 1);
            if (body.guard() != null) {
                writeReference(out, body.guard().method(), body.guard().descriptor(), next);
                next += METHODREF_ENTRIES;
            }
        }
        copy(in, out, 6);
        copyCounted(in, out, 2);
        copyMembers(in, out, Map.of());
        copyMembers(in, out, targets);
        out.write(in.readAllBytes());
        if (replaced != bodies.size()) {
            throw new IOException("only " + replaced + " of " + bodies.keySet() + " found");
        }
        return bytes.toByteArray();
    }

    private void copyConstants(DataInputStream in, DataOutputStream out, int constants) throws IOException {
        for (int i = 1; i < constants; i++) {
            int tag = in.readUnsignedByte();
            out.writeByte(tag);
            switch (tag) {
                case UTF8 -> {
                    String text = in.readUTF();
                    strings.put(i, text);
                    out.writeUTF(text);
                }
                case LONG, DOUBLE -> {
                    copy(in, out, 8);
                    i++;
                }
                case CLASS, 8, 16, 19, 20 -> copy(in, out, 2);
                case 15 -> copy(in, out, 3);
                case 3, 4, 9, METHODREF, 11, NAME_AND_TYPE, 17, 18 -> copy(in, out, 4);
                default -> throw new IOException("unknown constant tag " + tag);
            }
        }
    }

    /** Six entries, the last of which is the method reference. */
    private void writeReference(DataOutputStream out, String method, String descriptor, int first) throws IOException {
        out.writeByte(UTF8);
        out.writeUTF(targetClass);
        out.writeByte(CLASS);
        out.writeShort(first);
        out.writeByte(UTF8);
        out.writeUTF(method);
        out.writeByte(UTF8);
        out.writeUTF(descriptor);
        out.writeByte(NAME_AND_TYPE);
        out.writeShort(first + 2);
        out.writeShort(first + 3);
        out.writeByte(METHODREF);
        out.writeShort(first + 1);
        out.writeShort(first + 4);
    }

    /** Fields or methods. */
    private void copyMembers(DataInputStream in, DataOutputStream out, Map<String, Integer> references)
            throws IOException {
        int members = in.readUnsignedShort();
        out.writeShort(members);
        for (int i = 0; i < members; i++) {
            copy(in, out, 2);
            int name = in.readUnsignedShort();
            int descriptor = in.readUnsignedShort();
            out.writeShort(name);
            out.writeShort(descriptor);
            Integer reference = references.get(strings.get(name) + strings.get(descriptor));
            int attributes = in.readUnsignedShort();
            out.writeShort(attributes);
            for (int j = 0; j < attributes; j++) {
                int attribute = in.readUnsignedShort();
                byte[] content = in.readNBytes(in.readInt());
                if (reference != null && "Code".equals(strings.get(attribute))) {
                    content = patched(bodies.get(strings.get(name) + strings.get(descriptor)), reference, content);
                    replaced++;
                }
                out.writeShort(attribute);
                out.writeInt(content.length);
                out.write(content);
            }
        }
    }

    private byte[] patched(Body body, int reference, byte[] content) throws IOException {
        ByteArrayOutputStream call = new ByteArrayOutputStream();
        int slots = call(call, body.targetDescriptor(), reference);
        return body.guard() == null
                ? code(call, slots)
                : new CodePrefix(guarded(call, body.guard(), reference + METHODREF_ENTRIES), strings, verified)
                        .apply(content, Math.max(2, slots));
    }

    /** Asks first, and jumps over the call to the end. */
    private static byte[] guarded(ByteArrayOutputStream call, Guard guard, int reference) throws IOException {
        ByteArrayOutputStream prefix = new ByteArrayOutputStream();
        prefix.write(ILOAD + kind('L'));
        prefix.write(guard.slot());
        invoke(prefix, reference);
        int asked = prefix.size();
        int unpadded = asked + 3 + call.size();
        int length = (unpadded + 3) / 4 * 4;
        prefix.write(IFEQ);
        prefix.write(0);
        prefix.write(length - asked);
        call.writeTo(prefix);
        // The padding, zeroes, is instructions that do nothing; behind the return nothing would reach them.
        byte[] bytes = prefix.toByteArray();
        byte[] padded = new byte[length];
        int afterJump = asked + 3;
        System.arraycopy(bytes, 0, padded, 0, afterJump);
        System.arraycopy(bytes, afterJump, padded, afterJump + length - unpadded, call.size());
        return padded;
    }

    /** Loads every argument, calls, returns; the slots of the arguments. */
    private static int call(ByteArrayOutputStream code, String descriptor, int reference) {
        int slot = 0;
        int at = 1;
        while (descriptor.charAt(at) != ')') {
            int kind = kind(descriptor.charAt(at));
            code.write(ILOAD + kind);
            code.write(slot);
            slot += kind == 1 || kind == 3 ? 2 : 1;
            while (descriptor.charAt(at) == '[') {
                at++;
            }
            at = descriptor.charAt(at) == 'L' ? descriptor.indexOf(';', at) + 1 : at + 1;
        }
        char result = descriptor.charAt(at + 1);
        invoke(code, reference);
        code.write(result == 'V' ? RETURN : IRETURN + kind(result));
        return slot;
    }

    private static void invoke(ByteArrayOutputStream code, int reference) {
        code.write(INVOKESTATIC);
        code.write(reference >>> 8);
        code.write(reference);
    }

    /** The content of a Code attribute that is nothing but this. */
    private static byte[] code(ByteArrayOutputStream code, int slots) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        DataOutputStream out = new DataOutputStream(bytes);
        out.writeShort(Math.max(2, slots));
        out.writeShort(slots);
        out.writeInt(code.size());
        code.writeTo(out);
        out.writeShort(0);
        out.writeShort(0);
        return bytes.toByteArray();
    }

    /** In the order of the load and return instructions: int, long, float, double, reference. */
    private static int kind(char type) {
        return switch (type) {
            case 'J' -> 1;
            case 'F' -> 2;
            case 'D' -> 3;
            case 'L', '[' -> 4;
            default -> 0;
        };
    }

    private static void copy(DataInputStream in, DataOutputStream out, int bytes) throws IOException {
        out.write(in.readNBytes(bytes));
    }

    private static void copyCounted(DataInputStream in, DataOutputStream out, int bytesEach) throws IOException {
        int count = in.readUnsignedShort();
        out.writeShort(count);
        copy(in, out, count * bytesEach);
    }
}
