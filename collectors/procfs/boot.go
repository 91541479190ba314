package procfs

import (
	"bytes"
	"fmt"
	"path/filepath"
)

// BootID identifies this boot: a random UUID that the kernel makes once.
func (p *FS) BootID() (string, error) {
	var b [64]byte
	n, err := readFile(filepath.Join(p.Mount(), "sys/kernel/random/boot_id"), b[:])
	if err != nil {
		return "", fmt.Errorf("reading the boot id: %w", err)
	}
	return string(bytes.TrimSpace(b[:n])), nil
}

// BootTimeNS is the wall clock's reading at boot, in Unix nanoseconds: what a process's StartTicks count from. It moves
// when the clock is set, so a caller that must not see times jump asks once. On the machine's own /proc it is as
// precise as the clocks; elsewhere stat's whole seconds serve.
func (p *FS) BootTimeNS() (int64, error) {
	if p.Mount() == "/proc" {
		if ns, ok := clocks(); ok {
			return ns, nil
		}
	}
	b := make([]byte, 1<<20) // btime follows one line a processor and one long line of interrupts
	n, err := readFile(filepath.Join(p.Mount(), "stat"), b)
	if err != nil {
		return 0, fmt.Errorf("reading the boot time: %w", err)
	}
	for line := range bytes.Lines(b[:n]) {
		if value, ok := bytes.CutPrefix(line, []byte("btime ")); ok {
			if s, ok := parseUint(bytes.TrimSpace(value), 10); ok && s < 1<<33 {
				return int64(s) * 1e9, nil
			}
		}
	}
	return 0, fmt.Errorf("reading the boot time: %s has no btime", filepath.Join(p.Mount(), "stat"))
}

// StartNS turns a process's start into Unix nanoseconds; it is as precise as a tick, 10 ms.
func StartNS(bootNS int64, ticks uint64) int64 {
	return bootNS + int64(ticks)*(1e9/ClockTicks)
}
