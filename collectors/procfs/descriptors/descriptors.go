// Package descriptors finds who holds sensitive files open: another process's memory, the kernel's, a camera, a microphone, a keyboard, a
// screen, a credential store.
//
// It goes by what a descriptor is (the number of the device, the inode in procfs, device and inode of the file); the text of its link is
// the last resort, since whoever mounts or renames chooses it. What it can be told by is shown.
package descriptors

import (
	"bufio"
	"bytes"
	"io/fs"
	"strconv"
	"strings"

	"github.com/apiwatch/apiwatch/collectors"
	"github.com/apiwatch/apiwatch/collectors/names/linux"
)

// The classes of sensitive file.
const (
	ProcessMemory   = "process_memory"   // /proc/PID/mem of another process
	KernelMemory    = "kernel_memory"    // /dev/mem, /dev/kmem, /dev/port, /proc/kcore
	Video           = "video"            // /dev/video*
	Sound           = "sound"            // /dev/snd/*
	Input           = "input"            // /dev/input/*, hidraw, uinput, usbmon
	Screen          = "screen"           // /dev/fb*, /dev/vcs*
	CredentialStore = "credential_store" // see [linux.IsCredentialStore]
)

// What a descriptor was told by.
const (
	ByDevice = "device" // the device's number
	ByInode  = "inode"  // the file itself, whatever it is called
	ByPath   = "path"   // the path alone
)

// Held is a descriptor of a sensitive file.
type Held struct {
	PID, ThreadID int64 // the thread is the process's first, but where another has descriptors of its own
	FD            int64
	Class         string
	By            string
	Path          string // as the kernel writes it; what was deleted ends in " (deleted)"
	Access        string // read, write, read_write or path (O_PATH: it names the file and cannot read it)
	Target        int64  // the process whose memory it is, 0 if that has ended or cannot be told
	Device        string // of a device its number, "81:0"; else that of the file system, major and minor
	Inode         uint64
}

// Facts are what is known of a descriptor.
type Facts struct {
	Link         string
	Mode         fs.FileMode // type and permissions
	File         collectors.FileID
	Major, Minor uint32 // of a device
	Procfs       bool   // it is a file of some proc file system
}

// Classes tells descriptors apart.
type Classes struct {
	// Majors are the numbers of character devices by what their drivers are for, beside the fixed ones.
	Majors map[uint32]string
	// Stores are the credential stores that are known by their inodes.
	Stores map[collectors.FileID]bool
	// Kcore is /proc/kcore, which has the same inode in every proc file system.
	Kcore uint64
}

// fixedMajors are of drivers whose number never changes (Documentation/admin-guide/devices.txt).
var fixedMajors = map[uint32]string{7: Screen, 13: Input, 14: Sound, 29: Screen, 81: Video, 116: Sound}

// drivers are those whose number the kernel chooses at boot, by their names in /proc/devices.
var drivers = map[string]string{
	"hidraw": Input, "usbmon": Input, "video4linux": Video, "media": Video, "alsa": Sound, "input": Input, "vcs": Screen, "fb": Screen,
}

const (
	memMajor    = 1
	miscMajor   = 10
	uinputMinor = 223
	secretMode  = 0o600 // of /proc/PID/mem, and of no other file of a process
)

// Of gives the class of a descriptor and what it was told by; "" if it is not sensitive. Whose memory it is is not known yet.
func (c *Classes) Of(f *Facts) (class, by string) {
	switch {
	case f.Mode&fs.ModeCharDevice != 0:
		switch class := c.Majors[f.Major]; {
		case f.Major == memMajor && (f.Minor == 1 || f.Minor == 2 || f.Minor == 4):
			return KernelMemory, ByDevice
		case f.Major == miscMajor && f.Minor == uinputMinor:
			return Input, ByDevice
		case class != "":
			return class, ByDevice
		default:
			if class = fixedMajors[f.Major]; class != "" {
				return class, ByDevice
			}
			return "", ""
		}
	case !f.Mode.IsRegular():
		return "", ""
	case f.Procfs:
		if c.Kcore != 0 && f.File.Inode == c.Kcore {
			return KernelMemory, ByInode
		}
		if f.Mode.Perm() == secretMode {
			return ProcessMemory, ByInode
		}
		return "", ""
	case c.Stores[f.File]:
		return CredentialStore, ByInode
	case linux.IsCredentialStore(strings.TrimSuffix(f.Link, deletedSuffix)):
		return CredentialStore, ByPath
	}
	return "", ""
}

const deletedSuffix = " (deleted)"

// Majors reads /proc/devices: the numbers of the drivers that are of interest.
func Majors(devices []byte) map[uint32]string {
	out := make(map[uint32]string)
	for line := range bytes.Lines(devices) {
		number, name, ok := strings.Cut(strings.TrimSpace(string(line)), " ")
		if strings.HasPrefix(string(line), "Block") {
			break
		}
		n, err := strconv.ParseUint(number, 10, 32)
		if class := drivers[name]; ok && err == nil && class != "" {
			out[uint32(n)] = class
		}
	}
	return out
}

// named gives the process that a path of procfs ends in, "…/12/mem" or "…/12/task/13/mem", with that end.
func named(link string) (pid int64, end string) {
	rest, ok := strings.CutSuffix(link, "/mem")
	if !ok {
		return 0, ""
	}
	at := strings.LastIndexByte(rest, '/')
	last := rest[at+1:]
	n, err := strconv.ParseInt(last, 10, 64)
	if err != nil || n <= 0 || at < 0 {
		return 0, ""
	}
	if rest, ok = strings.CutSuffix(rest[:at], "/task"); ok {
		group := rest[strings.LastIndexByte(rest, '/')+1:]
		if g, err := strconv.ParseInt(group, 10, 64); err == nil && g > 0 {
			return g, group + "/task/" + last + "/mem"
		}
	}
	return n, last + "/mem"
}

// access gives how a descriptor may be used, by its flags in fdinfo (proc_pid_fdinfo(5)).
func access(fdinfo []byte) string {
	const path = 0o10000000
	for line := range bytes.Lines(fdinfo) {
		value, ok := bytes.CutPrefix(line, []byte("flags:"))
		if !ok {
			continue
		}
		flags, err := strconv.ParseUint(string(bytes.TrimSpace(value)), 8, 64)
		switch {
		case err != nil:
			return ""
		case flags&path != 0:
			return "path"
		case flags&3 == 0:
			return "read"
		case flags&3 == 1:
			return "write"
		}
		return "read_write"
	}
	return ""
}

// maxHomes bounds how many homes are looked into for credential stores.
const maxHomes = 64

// homes gives the home folders of a passwd file that people have.
func homes(passwd []byte) []string {
	out := []string{"/root"}
	s := bufio.NewScanner(bytes.NewReader(passwd))
	for s.Scan() && len(out) < maxHomes {
		fields := strings.Split(s.Text(), ":")
		if len(fields) < 7 || !strings.HasPrefix(fields[5], "/") || fields[5] == "/" || fields[5] == "/root" ||
			strings.HasSuffix(fields[6], "nologin") || strings.HasSuffix(fields[6], "false") {
			continue
		}
		out = append(out, strings.TrimSuffix(fields[5], "/"))
	}
	return out
}
