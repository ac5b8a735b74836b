/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.nic.xdp;

import java.io.File;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.mtcp4j.nic.NicUnavailableException;
import org.mtcp4j.nic.linux.LinuxCalls;
import org.mtcp4j.nic.linux.OwnFiles;

/**
 * Which XDP program an interface has already, and who holds it. One that was attached by netlink, as libbpf and {@code ip} do it, stays when its
 * process ends, however that ends; one that was attached by a link goes with the last descriptor of the link.
 */
public final class XdpPrograms {
    private static final int GETLINK = 18;
    private static final int LINK_BYTES = 16;
    private static final int IFLA_NAME = 3;
    private static final int IFLA_XDP = 43;
    private static final int XDP_ATTACHED = 2;
    private static final int XDP_ID = 4;
    private static final int XDP_DRIVER_ID = 5;
    private static final int XDP_GENERIC_ID = 6;
    private static final int XDP_CARD_ID = 7;
    private static final int ATTACHED_SEVERAL = 4;
    /** By what is attached: in the driver, behind it, in the card. As {@code ip} calls them. */
    private static final List<String> MODES = List.of("xdp", "xdp", "xdpgeneric", "xdpoffload");

    private static final int PROGRAM_BY_ID = 13;
    private static final int INFO_BY_FD = 15;
    private static final int INFO_BYTES = 80;
    private static final int INFO_NAME_AT = 64;
    private static final int NAME_BYTES = 16;
    private static final int ATTRIBUTE_BYTES = 128;
    /** Descriptors of all processes that are looked at. */
    private static final int MOST_DESCRIPTORS = 100_000;

    private static final int MOST_HOLDERS = 4;

    private final LinuxCalls calls;
    private final String interfaceName;
    private int id;
    private String mode;

    private XdpPrograms(LinuxCalls calls, String interfaceName) {
        this.calls = calls;
        this.interfaceName = interfaceName;
    }

    /** What is attached to that interface, whose it is, and the cure, as a sentence that ends without a full stop; null where nothing is. */
    public static String sentence(LinuxCalls calls, String interfaceName) {
        XdpPrograms programs = new XdpPrograms(calls, interfaceName);
        try {
            Netlink netlink = new Netlink(calls, new XdpFailures(calls, interfaceName), 0);
            netlink.dump(GETLINK, new byte[LINK_BYTES], () -> programs.id = 0, programs::link);
            netlink.close();
        } catch (NicUnavailableException e) {
            return null;
        }
        return programs.id == 0 ? null : programs.sentence();
    }

    private void link(ByteBuffer in, int at, int type, int end) {
        int attributes = at + Netlink.HEADER_BYTES + LINK_BYTES;
        int name = Netlink.attribute(in, attributes, end, IFLA_NAME);
        int xdp = Netlink.attribute(in, attributes, end, IFLA_XDP);
        if (type != InterfaceTable.NEWLINK
                || name < 0
                || xdp < 0
                || !new String(Netlink.value(in, name), StandardCharsets.UTF_8).equals(interfaceName + "\0")) {
            return;
        }
        int endOfXdp = xdp + Netlink.valueBytes(in, xdp);
        int attached = Netlink.attribute(in, xdp, endOfXdp, XDP_ATTACHED);
        int how = attached < 0 ? 0 : in.get(attached);
        if (how == ATTACHED_SEVERAL) {
            // One of them is enough to tell of; the others are told of once this one is gone.
            how = Netlink.attribute(in, xdp, endOfXdp, XDP_DRIVER_ID) >= 0 ? 1 : 2;
            id = number(in, Netlink.attribute(in, xdp, endOfXdp, how == 1 ? XDP_DRIVER_ID : XDP_GENERIC_ID));
        } else if (how > 0 && how < MODES.size()) {
            id = number(in, Netlink.attribute(in, xdp, endOfXdp, XDP_ID));
            id = id != 0 ? id : number(in, Netlink.attribute(in, xdp, endOfXdp, XDP_CARD_ID));
        }
        mode = MODES.get(how < MODES.size() ? how : 0);
    }

    private static int number(ByteBuffer in, int at) {
        return at < 0 ? 0 : in.getInt(at);
    }

    private String sentence() {
        String name = programName();
        String what = "XDP program " + id + (name.isEmpty() ? "" : " '" + name + "'") + " is attached to interface '"
                + interfaceName + "', which takes one; ";
        List<String> holders = holders();
        if (!holders.isEmpty()) {
            return what + "it belongs to " + String.join(", ", holders) + ": stop that, or use nic=tap:NAME";
        }
        return what
                + "no process that can be seen from here holds it, so one that died, or an administrator, has left it: if nobody needs it"
                + " remove it by 'ip link set dev " + interfaceName + " " + mode
                + " off'; where that says 'busy', it belongs to a process elsewhere ('bpftool link' shows it)";
    }

    /** Takes CAP_SYS_ADMIN; without it the name is not told. */
    private String programName() {
        ByteBuffer attributes = LinuxCalls.memory(ATTRIBUTE_BYTES);
        ByteBuffer info = LinuxCalls.memory(INFO_BYTES);
        attributes.putInt(0, id);
        int fd = calls.bpf(PROGRAM_BY_ID, calls.address(attributes), ATTRIBUTE_BYTES);
        if (fd < 0) {
            return "";
        }
        attributes.putInt(0, fd).putInt(4, INFO_BYTES).putLong(8, calls.address(info));
        long result = calls.bpf(INFO_BY_FD, calls.address(attributes), ATTRIBUTE_BYTES);
        calls.close(fd);
        byte[] name = new byte[NAME_BYTES];
        info.get(INFO_NAME_AT, name);
        return result < 0 ? "" : new String(name, StandardCharsets.US_ASCII).replaceAll("\0.*", "");
    }

    // ---- who holds it -----------------------------------------------------------------------------------------------

    /** Processes with a descriptor of the program or of a link to it, as far as this process may look. */
    private List<String> holders() {
        List<String> found = new ArrayList<>();
        int left = MOST_DESCRIPTORS;
        String[] processes = names("/proc");
        for (int i = 0; i < processes.length && left > 0 && found.size() < MOST_HOLDERS; i++) {
            String process = processes[i];
            if (process.isEmpty() || !Character.isDigit(process.charAt(0))) {
                continue;
            }
            String[] descriptors = names("/proc/" + process + "/fdinfo");
            left -= descriptors.length;
            for (String descriptor : descriptors) {
                if (isOfProgram(read("/proc/" + process + "/fdinfo/" + descriptor))) {
                    found.add("process " + process + " ("
                            + read("/proc/" + process + "/comm").strip() + ")");
                    break;
                }
            }
        }
        return found;
    }

    private boolean isOfProgram(String fdinfo) {
        return fdinfo.contains("\nprog_id:\t" + id + "\n");
    }

    private static String[] names(String directory) {
        String[] names = new File(directory).list();
        return names == null ? new String[0] : names;
    }

    private static String read(String file) {
        try {
            return OwnFiles.read(Path.of(file));
        } catch (IOException e) {
            return "";
        }
    }
}
