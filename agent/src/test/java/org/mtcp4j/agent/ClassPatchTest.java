/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.Method;
import org.junit.jupiter.api.Test;

class ClassPatchTest {
    private static final String TARGET = Target.class.getName().replace('.', '/');

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

        public static long sum(Object self, long a, int b, String c, double d) {
            return (self == null ? 0 : 1) + a + b + c.length() + (long) d;
        }
    }

    private static byte[] subject() throws IOException {
        try (InputStream in = Subject.class.getResourceAsStream("ClassPatchTest$Subject.class")) {
            return in.readAllBytes();
        }
    }

    private static Class<?> load(byte[] classFile) {
        return new ClassLoader(ClassPatchTest.class.getClassLoader()) {
            Class<?> define() {
                return defineClass(Subject.class.getName(), classFile, 0, classFile.length);
            }
        }.define();
    }

    @Test
    void replacesStaticAndInstanceBodiesAndLeavesTheRest() throws Exception {
        Class<?> patched = load(new ClassPatch(TARGET)
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
    void refusesAClassWithoutTheMethod() {
        assertThatThrownBy(() -> new ClassPatch(TARGET)
                        .replace(new ClassPatch.Body("choose", "(I)Ljava/lang/String;", "choose", "(I)V"))
                        .apply(subject()))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("choose(I)");
    }
}
