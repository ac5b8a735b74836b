/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.Method;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ClassPatchTest {
    private static final String TARGET = Target.class.getName().replace('.', '/');

    private static final int MAJOR_VERSION_AT = 7;
    private static final byte OLD_VERSION = 49;
    private static final ClassPatch.Body GUARDED = new ClassPatch.Body(
            "guarded",
            "(Ljava/lang/Object;I)Ljava/lang/String;",
            "guarded",
            "(Ljava/lang/Object;I)Ljava/lang/String;",
            new ClassPatch.Guard("isOurs", "(Ljava/lang/Object;)Z", 0));

    /** What is patched. */
    public static class Subject {
        static final long LONG_CONSTANT = 0x1234_5678_9abcL;
        static final double DOUBLE_CONSTANT = 0.1;

        public static String choose(boolean flag) {
            return flag ? "a" : "b";
        }

        public long sum(long a, int b, String c, double d) {
            if (a == LONG_CONSTANT || d == DOUBLE_CONSTANT) {
                throw new IllegalStateException(c);
            }
            return b;
        }

        public static String guarded(Object who, int times) {
            StringBuilder text = new StringBuilder(who == null ? "nobody" : who.toString());
            for (int i = 0; i < times; i++) {
                try {
                    text.append(Integer.parseInt(text.substring(0, 1)));
                } catch (NumberFormatException e) {
                    text.append(new ArrayList<>(List.of(i == 0 ? "a" : "b")).get(0));
                }
            }
            return text.toString();
        }

        public static String untouched() {
            return "as it was";
        }
    }

    /** What is called instead. */
    public static final class Target {
        private Target() {}

        public static String choose(boolean flag) {
            return "woven " + flag;
        }

        public static boolean isOurs(Object who) {
            return "ours".equals(who);
        }

        public static String guarded(Object who, int times) {
            return "woven for " + who + " " + times;
        }

        public static long sum(Object self, long a, int b, String c, double d) {
            return (self == null ? 0 : 1) + a + b + c.length() + (long) d;
        }
    }

    /** What an old class file can hold, which the JVM verifies without stack maps. */
    public static class OldSubject {
        public static String guarded(Object who, int times) {
            StringBuilder text = new StringBuilder(who == null ? "nobody" : who.toString());
            for (int i = 0; i < times; i++) {
                text.append(i);
            }
            return text.toString();
        }
    }

    /** As the JVM gives back a class that it has loaded unverified. */
    private static byte[] withoutMaps() throws IOException {
        try (InputStream in = OldSubject.class.getResourceAsStream("ClassPatchTest$OldSubject.class")) {
            String text = new String(in.readAllBytes(), StandardCharsets.ISO_8859_1);
            byte[] classFile = text.replace("StackMapTable", "NoStackTable_").getBytes(StandardCharsets.ISO_8859_1);
            classFile[MAJOR_VERSION_AT] = OLD_VERSION;
            return classFile;
        }
    }

    private static byte[] subject() throws IOException {
        try (InputStream in = Subject.class.getResourceAsStream("ClassPatchTest$Subject.class")) {
            return in.readAllBytes();
        }
    }

    private static Class<?> load(byte[] classFile) {
        return load(Subject.class.getName(), classFile);
    }

    private static Class<?> load(String name, byte[] classFile) {
        return new ClassLoader(ClassPatchTest.class.getClassLoader()) {
            Class<?> define() {
                return defineClass(name, classFile, 0, classFile.length);
            }
        }.define();
    }

    @Test
    void replacesStaticAndInstanceBodiesAndLeavesTheRest() throws Exception {
        Class<?> patched = load(new ClassPatch(TARGET, true)
                .replace(new ClassPatch.Body("choose", "(Z)Ljava/lang/String;", "choose", "(Z)Ljava/lang/String;"))
                .replace(new ClassPatch.Body(
                        "sum", "(JILjava/lang/String;D)J", "sum", "(Ljava/lang/Object;JILjava/lang/String;D)J"))
                .apply(subject()));
        assertThat(patched.getMethod("choose", boolean.class).invoke(null, true))
                .isEqualTo("woven true");
        Method sum = patched.getMethod("sum", long.class, int.class, String.class, double.class);
        assertThat(sum.invoke(patched.getConstructor().newInstance(), 1_000_000_000_000L, 20, "abc", 4.5))
                .isEqualTo(1_000_000_000_000L + 20 + 3 + 4 + 1);
        assertThat(patched.getMethod("untouched").invoke(null)).isEqualTo("as it was");
    }

    @Test
    void aGuardLeavesTheBodyToOthersAndItsTablesRight() throws Exception {
        Method guarded = load(new ClassPatch(TARGET, true).replace(GUARDED).apply(subject()))
                .getMethod("guarded", Object.class, int.class);
        assertThat(guarded.invoke(null, "ours", 2)).isEqualTo("woven for ours 2");
        assertThat(guarded.invoke(null, "x", 2)).isEqualTo(Subject.guarded("x", 2));
        assertThat(guarded.invoke(null, "1", 3)).isEqualTo(Subject.guarded("1", 3));
        assertThat(guarded.invoke(null, null, 1)).isEqualTo(Subject.guarded(null, 1));
    }

    @Test
    void aGuardNeedsNoStackMapsWhereTheClassHasNone() throws Exception {
        Method guarded = load(
                        OldSubject.class.getName(),
                        new ClassPatch(TARGET, false).replace(GUARDED).apply(withoutMaps()))
                .getMethod("guarded", Object.class, int.class);
        assertThat(guarded.invoke(null, "ours", 2)).isEqualTo("woven for ours 2");
        assertThat(guarded.invoke(null, "x", 2)).isEqualTo("x01");
    }

    @Test
    void refusesAClassThatShouldHaveStackMapsAndDoesNot() throws Exception {
        byte[] classFile = withoutMaps();
        assertThatThrownBy(() -> new ClassPatch(TARGET, true).replace(GUARDED).apply(classFile))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("without a stack map");
    }

    @Test
    void refusesAClassWithoutTheMethod() {
        assertThatThrownBy(() -> new ClassPatch(TARGET, true)
                        .replace(new ClassPatch.Body("choose", "(I)Ljava/lang/String;", "choose", "(I)V"))
                        .apply(subject()))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("choose(I)");
    }
}
