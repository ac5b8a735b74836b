/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.wire;

import java.nio.ByteBuffer;

/**
 * A DHCPv4 message (<a href="https://www.rfc-editor.org/rfc/rfc2131">RFC 2131</a> §2, options by <a
 * href="https://www.rfc-editor.org/rfc/rfc2132">RFC 2132</a>): what a client reads of a server's, as an object that is filled anew for each,
 * and what it writes. Addresses are IPv4 ones, 0 where there is none; times are seconds.
 */
public final class Dhcp {
    public static final int CLIENT_PORT = 68;
    public static final int SERVER_PORT = 67;

    public static final int DISCOVER = 1;
    public static final int OFFER = 2;
    public static final int REQUEST = 3;
    public static final int DECLINE = 4;
    public static final int ACK = 5;
    public static final int NAK = 6;

    /** What {@link #write} writes: the least that every server and relay takes (RFC 1542 §2.1). */
    public static final int MESSAGE_BYTES = 300;

    public static final int LEASE_FOR_EVER_S = -1;
    /** More than that the field does not hold. */
    public static final int MOST_SECONDS = 0xffff;

    private static final int BOOT_REQUEST = 1;
    private static final int BOOT_REPLY = 2;
    private static final int ETHERNET = 1;
    private static final int MAC_BYTES = 6;
    private static final int BROADCAST_FLAG = 0x8000;
    private static final int CLIENT_IP_OFFSET = 12;
    private static final int YOUR_IP_OFFSET = 16;
    private static final int HARDWARE_OFFSET = 28;
    private static final int SERVER_NAME_OFFSET = 44;
    private static final int FILE_OFFSET = 108;
    private static final int COOKIE_OFFSET = 236;
    private static final int OPTIONS_OFFSET = 240;
    private static final int COOKIE = 0x6382_5363;

    private static final int PAD = 0;
    private static final int SUBNET_MASK = 1;
    private static final int ROUTER = 3;
    private static final int INTERFACE_MTU = 26;
    private static final int REQUESTED_IP = 50;
    private static final int LEASE_TIME = 51;
    private static final int OVERLOAD = 52;
    private static final int MESSAGE_TYPE = 53;
    private static final int SERVER_ID = 54;
    private static final int PARAMETERS = 55;
    private static final int MOST_MESSAGE = 57;
    private static final int RENEWAL_TIME = 58;
    private static final int REBINDING_TIME = 59;
    private static final int CLIENT_ID = 61;
    private static final int END = 255;

    /** Bytes of a message that we take: what fits a packet that everybody must take (RFC 2132 §9.10). */
    private static final int MOST_BYTES = 576;

    /**
     * Whom a client's message speaks of.
     *
     * @param clientIp what it has, or 0: then answers are to be broadcast
     * @param requestedIp what it would like to have, or 0
     * @param serverId whom it has chosen, or 0
     */
    public record Parties(int clientIp, int requestedIp, int serverId) {
        public static final Parties NONE = new Parties(0, 0, 0);
    }

    public int type;
    public int transactionId;
    public int yourIp;
    public int serverId;
    public int subnetMask;
    public int router;
    /** 0 where not given. */
    public int mtuBytes;
    /** As an unsigned number; all ones for ever; 0 where not given. */
    public int leaseSeconds;

    public int renewalSeconds;
    public int rebindingSeconds;

    private int overload;

    /**
     * Reads a server's message to the client with that hardware address.
     *
     * @return false when it is damaged, or another client's
     */
    public boolean read(ByteBuffer bytes, int at, int lengthBytes, long mac) {
        clear();
        if (lengthBytes <= OPTIONS_OFFSET
                || bytes.get(at) != BOOT_REPLY
                || bytes.get(at + 1) != ETHERNET
                || bytes.get(at + 2) != MAC_BYTES
                || Ethernet.mac(bytes, at + HARDWARE_OFFSET) != mac
                || bytes.getInt(at + COOKIE_OFFSET) != COOKIE) {
            return false;
        }
        transactionId = bytes.getInt(at + 4);
        yourIp = bytes.getInt(at + YOUR_IP_OFFSET);
        if (!options(bytes, at + OPTIONS_OFFSET, at + lengthBytes)) {
            return false;
        }
        // RFC 2132 §9.3: the fields of old may hold options too.
        if ((overload & 1) != 0 && !options(bytes, at + FILE_OFFSET, at + COOKIE_OFFSET)) {
            return false;
        }
        if ((overload & 2) != 0 && !options(bytes, at + SERVER_NAME_OFFSET, at + FILE_OFFSET)) {
            return false;
        }
        return type == OFFER || type == ACK || type == NAK;
    }

    private void clear() {
        type = 0;
        transactionId = 0;
        yourIp = 0;
        serverId = 0;
        subnetMask = 0;
        router = 0;
        mtuBytes = 0;
        leaseSeconds = 0;
        renewalSeconds = 0;
        rebindingSeconds = 0;
        overload = 0;
    }

    /** False when an option reaches beyond the end. */
    private boolean options(ByteBuffer bytes, int from, int end) {
        int at = from;
        while (at < end) {
            int code = bytes.get(at) & 0xff;
            if (code == END) {
                return true;
            }
            if (code == PAD) {
                at++;
                continue;
            }
            if (at + 2 > end) {
                return false;
            }
            int length = bytes.get(at + 1) & 0xff;
            if (at + 2 + length > end) {
                return false;
            }
            option(bytes, code, at + 2, length);
            at += 2 + length;
        }
        return true;
    }

    private void option(ByteBuffer bytes, int code, int at, int length) {
        int word = length >= 4 ? bytes.getInt(at) : 0;
        switch (code) {
            case MESSAGE_TYPE -> type = length == 1 ? bytes.get(at) : 0;
            case OVERLOAD -> overload = length == 1 ? bytes.get(at) : 0;
            case INTERFACE_MTU -> mtuBytes = length == 2 ? bytes.getShort(at) & 0xffff : 0;
            case SERVER_ID -> serverId = word;
            case SUBNET_MASK -> subnetMask = word;
            case ROUTER -> router = word;
            case LEASE_TIME -> leaseSeconds = word;
            case RENEWAL_TIME -> renewalSeconds = word;
            case REBINDING_TIME -> rebindingSeconds = word;
            default -> {
                // Not asked for.
            }
        }
    }

    /**
     * Writes a client's message of {@link #MESSAGE_BYTES}, with the client's identifier and what it wants to know.
     *
     * @param seconds since it began, at most {@link #MOST_SECONDS}
     */
    public static void write(
            ByteBuffer bytes, int at, int type, long mac, int transactionId, int seconds, Parties parties) {
        for (int i = 0; i < MESSAGE_BYTES; i++) {
            bytes.put(at + i, (byte) 0);
        }
        int clientIp = parties.clientIp;
        bytes.putInt(at, BOOT_REQUEST << 24 | ETHERNET << 16 | MAC_BYTES << 8);
        bytes.putInt(at + 4, transactionId);
        bytes.putInt(at + 8, seconds << 16 | (clientIp == 0 ? BROADCAST_FLAG : 0));
        bytes.putInt(at + CLIENT_IP_OFFSET, clientIp);
        Ethernet.putMac(bytes, at + HARDWARE_OFFSET, mac);
        bytes.putInt(at + COOKIE_OFFSET, COOKIE);
        int option = at + OPTIONS_OFFSET;
        bytes.put(option, (byte) MESSAGE_TYPE).put(option + 1, (byte) 1).put(option + 2, (byte) type);
        option += 3;
        bytes.put(option, (byte) CLIENT_ID)
                .put(option + 1, (byte) (1 + MAC_BYTES))
                .put(option + 2, (byte) ETHERNET);
        Ethernet.putMac(bytes, option + 3, mac);
        option = word(bytes, option + 3 + MAC_BYTES, REQUESTED_IP, parties.requestedIp);
        option = word(bytes, option, SERVER_ID, parties.serverId);
        if (type != DECLINE) {
            bytes.putInt(option, MOST_MESSAGE << 24 | 2 << 16 | MOST_BYTES);
            bytes.put(option + 4, (byte) PARAMETERS).put(option + 5, (byte) 6);
            bytes.put(option + 6, (byte) SUBNET_MASK).put(option + 7, (byte) ROUTER);
            bytes.put(option + 8, (byte) INTERFACE_MTU).put(option + 9, (byte) LEASE_TIME);
            bytes.put(option + 10, (byte) RENEWAL_TIME).put(option + 11, (byte) REBINDING_TIME);
            option += 12;
        }
        bytes.put(option, (byte) END);
    }

    private static int word(ByteBuffer bytes, int at, int code, int value) {
        if (value == 0) {
            return at;
        }
        bytes.put(at, (byte) code).put(at + 1, (byte) 4).putInt(at + 2, value);
        return at + 6;
    }
}
