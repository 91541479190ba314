package main

import (
	"bufio"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"
)

// victimBuffer is the size of the memory that a victim offers to be written: more than the 4096 bytes at which writing
// into /proc/PID/mem counts as large.
const victimBuffer = 16 << 10

// victim maps a buffer, says where it is and then does what it is told, a line at a time:
//
//	sum         answers the CRC-32 of the buffer
//	mprotect    makes the buffer executable, and no longer writable
//	mmap        maps anonymous executable memory
//	load PATH   maps a file executable, as the dynamic linker does
func victim([]string) error {
	buf, err := unix.Mmap(-1, 0, victimBuffer, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
	if err != nil {
		return fmt.Errorf("mapping the victim's buffer: %w", err)
	}
	say("%d", uintptr(unsafe.Pointer(&buf[0])))
	in := bufio.NewScanner(os.Stdin)
	for in.Scan() {
		order, arg, _ := strings.Cut(in.Text(), " ")
		answer := "ok"
		switch order {
		case "sum":
			answer = strconv.FormatUint(uint64(crc32.ChecksumIEEE(buf)), 10)
		case "mprotect":
			err = unix.Mprotect(buf, unix.PROT_READ|unix.PROT_EXEC)
		case "mmap":
			_, err = unix.Mmap(-1, 0, 4096, unix.PROT_READ|unix.PROT_EXEC, unix.MAP_PRIVATE|unix.MAP_ANON)
		case "load":
			err = mapLibrary(arg)
		default:
			err = fmt.Errorf("no such order %q", order)
		}
		if err != nil {
			return fmt.Errorf("doing %s: %w", order, err)
		}
		say("%s", answer)
	}
	return nil
}

// mapLibrary maps a file's first page executable and unmaps it again.
func mapLibrary(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	m, err := unix.Mmap(int(f.Fd()), 0, 4096, unix.PROT_READ|unix.PROT_EXEC, unix.MAP_PRIVATE)
	if err != nil {
		return err
	}
	return unix.Munmap(m)
}

// victim starts a victim and reads where its buffer is.
func (s *stage) victim() (*actor, uintptr, error) {
	a, err := s.play("victim", "victim")
	if err != nil {
		return nil, 0, err
	}
	line, err := a.read()
	if err != nil {
		return nil, 0, err
	}
	at, err := strconv.ParseUint(line, 10, 64)
	if err != nil {
		return nil, 0, fmt.Errorf("reading the victim's address: %w", err)
	}
	return a, uintptr(at), nil
}

// holds checks that the victim's buffer begins with payload and is zero otherwise: that the attack truly worked.
func holds(victim *actor, payload []byte) error {
	want := make([]byte, victimBuffer)
	copy(want, payload)
	got, err := victim.ask("sum")
	if err != nil {
		return err
	}
	if got != strconv.FormatUint(uint64(crc32.ChecksumIEEE(want)), 10) {
		return errors.New("the victim's memory does not hold what was written")
	}
	return nil
}

// payload is what gets written into victims: return instructions, were they ever executed.
func payload(size int) []byte {
	b := make([]byte, 0, size)
	for len(b) < size {
		b = append(b, returnStub...)
	}
	return b
}

// systemLibrary gives a library of the distribution.
func systemLibrary() (string, error) {
	for _, pattern := range []string{
		"/usr/lib/*-linux-gnu/libc.so.6", "/lib/*-linux-gnu/libc.so.6", "/usr/lib64/libc.so.6",
		"/lib64/libc.so.6", "/usr/lib/libc.so.6", "/lib/ld-musl-*.so.1",
	} {
		if m, _ := filepath.Glob(pattern); len(m) > 0 {
			return m[0], nil
		}
	}
	return "", notRunError("no C library found to map")
}

// mapping finds a mapping of a process by name ("[vdso]", "[stack]").
func mapping(pid int, name string) (start, end uintptr, err error) {
	f, err := os.Open(fmt.Sprintf("/proc/%d/maps", pid))
	if err != nil {
		return 0, 0, err
	}
	defer f.Close()
	all, err := io.ReadAll(f)
	if err != nil {
		return 0, 0, fmt.Errorf("reading maps of pid %d: %w", pid, err)
	}
	for line := range strings.Lines(string(all)) {
		fields := strings.Fields(line)
		if len(fields) < 6 || fields[5] != name {
			continue
		}
		if _, err := fmt.Sscanf(fields[0], "%x-%x", &start, &end); err != nil {
			return 0, 0, fmt.Errorf("reading maps of pid %d: %w", pid, err)
		}
		return start, end, nil
	}
	return 0, 0, fmt.Errorf("pid %d has no %s", pid, name)
}
