/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.socket;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.mtcp4j.ip.IpAddress;

/** ASCII text to a stream, without an object for each number or address, since there may be a million of them. One thread. */
final class ReportText {
    private static final int BYTES = 16 * 1_024;
    private static final int MOST_NUMBER_BYTES = 20;
    private static final int MOST_ADDRESS_BYTES = 128;

    private final OutputStream stream;
    private final ByteBuffer bytes = ByteBuffer.allocate(BYTES);
    private final byte[] digits = new byte[MOST_NUMBER_BYTES];

    ReportText(OutputStream stream) {
        this.stream = stream;
    }

    ReportText text(String text) throws IOException {
        for (int i = 0; i < text.length(); i++) {
            need(3);
            char letter = text.charAt(i);
            if (letter < 0x80) {
                bytes.put((byte) letter);
            } else {
                bytes.put(String.valueOf(letter).getBytes(StandardCharsets.UTF_8));
            }
        }
        return this;
    }

    /** In quotation marks, as JSON and OpenMetrics have it; of a NIC's name alone somebody else chose the letters. */
    ReportText quoted(String text) throws IOException {
        return text("\"").text(text.replace("\\", "\\\\").replace("\"", "\\\"")).text("\"");
    }

    ReportText line() throws IOException {
        need(1);
        bytes.put((byte) '\n');
        return this;
    }

    ReportText number(long value) throws IOException {
        return number(value, 0);
    }

    /** Right-aligned, behind blanks. */
    ReportText number(long value, int columns) throws IOException {
        int n = digitsOf(value);
        int sign = value < 0 ? 1 : 0;
        blanks(columns - n - sign);
        need(MOST_NUMBER_BYTES);
        if (sign > 0) {
            bytes.put((byte) '-');
        }
        bytes.put(digits, digits.length - n, n);
        return this;
    }

    /** Into the end of {@link #digits}; the number of them. */
    private int digitsOf(long value) {
        int n = 0;
        long rest = value;
        do {
            n++;
            digits[digits.length - n] = (byte) ('0' + Math.abs(rest % 10));
            rest /= 10;
        } while (rest != 0);
        return n;
    }

    /** With three digits behind the point. */
    ReportText thousandths(long value) throws IOException {
        number(value / 1_000);
        need(4);
        bytes.put((byte) '.');
        long rest = value % 1_000;
        bytes.put((byte) ('0' + rest / 100));
        bytes.put((byte) ('0' + rest / 10 % 10));
        bytes.put((byte) ('0' + rest % 10));
        return this;
    }

    /** Left-aligned, with blanks behind it. */
    ReportText padded(String text, int columns) throws IOException {
        text(text);
        return blanks(columns - text.length());
    }

    /** {@code ADDRESS:PORT}, left-aligned. */
    ReportText address(long hi, long lo, int port, int columns) throws IOException {
        // All of it at once, so that its length is the way that the position has gone.
        need(MOST_ADDRESS_BYTES);
        int from = bytes.position();
        if (IpAddress.isIpv4(hi, lo)) {
            for (int shift = 24; shift >= 0; shift -= 8) {
                number((lo >>> shift) & 0xff);
                bytes.put((byte) (shift > 0 ? '.' : ':'));
            }
        } else {
            text(IpAddress.of(hi, lo).toString()).text(":");
        }
        number(port);
        return blanks(columns - (bytes.position() - from));
    }

    ReportText blanks(int columns) throws IOException {
        for (int i = 0; i < columns; i++) {
            need(1);
            bytes.put((byte) ' ');
        }
        return this;
    }

    private void need(int room) throws IOException {
        if (bytes.remaining() < room) {
            flush();
        }
    }

    void flush() throws IOException {
        stream.write(bytes.array(), 0, bytes.position());
        bytes.clear();
    }
}
