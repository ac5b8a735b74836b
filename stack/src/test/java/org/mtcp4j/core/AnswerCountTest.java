/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class AnswerCountTest {
    private static final long MS_NS = 1_000_000;

    private final AnswerCount answers = new AnswerCount();

    @Test
    void whoAloneHasBroughtInputIsTheLastToBeAnswered() {
        answers.round(0);
        assertThat(answers.isLast()).isTrue();
        int mark = answers.told(0);
        mark = answers.told(mark);
        assertThat(answers.isLast()).isTrue();
        answers.answered(mark);
        assertThat(answers.isLast()).isTrue();
    }

    @Test
    void ofTwoTheFirstAnswerIsNotTheLast_andTheSecondIs() {
        answers.round(0);
        int first = answers.told(0);
        int second = answers.told(0);
        assertThat(answers.isLast()).isFalse();
        first = answers.answered(first);
        assertThat(answers.isLast()).isTrue();
        // More of the same answer.
        first = answers.answered(first);
        answers.told(first);
        assertThat(answers.isLast()).isFalse();
        answers.answered(second);
        assertThat(answers.isLast()).isTrue();
    }

    @Test
    void connectionsThatNeverWriteAreForgottenAfterTenMilliseconds() {
        answers.round(0);
        int upload = answers.told(0);
        answers.told(0);
        answers.round(9 * MS_NS);
        assertThat(answers.isLast()).isFalse();
        answers.round(10 * MS_NS);
        assertThat(answers.isLast()).isTrue();
        // An answer to what was forgotten counts nothing off.
        answers.answered(upload);
        answers.told(0);
        answers.told(0);
        assertThat(answers.isLast()).isFalse();
    }
}
