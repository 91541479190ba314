package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"
	"unsafe"
)

var an1494 = Behaviour{
	ID:    "AN1494",
	Title: "Overwrite a process's memory through /proc/PID/mem",
	Explain: `reads a sibling's /proc/PID/maps and writes 12 KiB into its /proc/PID/mem: a script with dd, then a program, which then
opens it by other names: through its own root, below an open directory, and through a symbolic link
near miss: a program writes into its own mem and only reads its sibling's`,
	Simulate: on(simulateMem),
	NearMiss: on(nearMissMem),
}

// memBytes is more than the 4096 bytes from which a write counts as large.
const memBytes = 12 << 10

func simulateMem(s *stage) error {
	if err := need("dd", "cat"); err != nil {
		s.skip("dd", err.Error())
	} else if err := simulateDD(s); err != nil {
		return err
	}
	for _, how := range []string{"program", "root", "directory", "link"} {
		if err := simulateOverwriter(s, how); err != nil {
			return err
		}
	}
	return nil
}

func simulateOverwriter(s *stage, how string) error {
	target, at, err := s.victim()
	if err != nil {
		return err
	}
	attacker, err := s.play("overwriter", "mem-write", strconv.Itoa(target.pid), strconv.FormatUint(uint64(at), 10), how)
	if err != nil {
		return err
	}
	if err := attacker.finish(); err != nil {
		return err
	}
	if err := holds(target, payload(memBytes)); err != nil {
		return err
	}
	a := attacker.act(how, "read a sibling's maps and wrote 12 KiB into its mem").to(target)
	a.File = fmt.Sprintf("/proc/%d/mem", target.pid)
	s.did(a)
	return nil
}

func simulateDD(s *stage) error {
	target, at, err := s.victim()
	if err != nil {
		return err
	}
	file, err := s.file("payload", string(payload(memBytes)), 0o644)
	if err != nil {
		return err
	}
	mem := fmt.Sprintf("/proc/%d/mem", target.pid)
	script, err := s.perform("sh", "overwrite.sh", fmt.Sprintf("run cat /proc/%d/maps\nrun dd if=%s of=%s bs=4096 count=%d seek=%d "+
		"conv=notrunc\n",
		target.pid, file, mem, memBytes/4096, at/4096), false)
	if err != nil {
		return err
	}
	if err := holds(target, payload(memBytes)); err != nil {
		return err
	}
	a := script.act("dd", "a script read a sibling's maps and dd wrote 12 KiB into its mem").to(target)
	if dd := script.started("dd"); len(dd) > 0 {
		a.PID, a.ParentPID, a.Path = dd[0], script.pid, look("dd")
		a.PIDs = append(script.started("cat"), script.pid)
	}
	a.File = mem
	s.did(a)
	return nil
}

func nearMissMem(s *stage) error {
	sibling, at, err := s.victim()
	if err != nil {
		return err
	}
	near, err := s.play("self-patcher", "mem-near", strconv.Itoa(sibling.pid), strconv.FormatUint(uint64(at), 10))
	if err != nil {
		return err
	}
	if err := near.finish(); err != nil {
		return err
	}
	s.did(near.act("", "wrote into its own mem, read a sibling's maps and mem").to(sibling))
	return nil
}

// memWrite is called with the pid, the address, and by which name to open the memory.
func memWrite(args []string) error {
	at, err := strconv.ParseInt(args[1], 10, 64)
	if err != nil {
		return err
	}
	dir := "/proc/" + args[0]
	if _, err := os.ReadFile(dir + "/maps"); err != nil {
		return fmt.Errorf("reading the victim's maps: %w", err)
	}
	var f *os.File
	switch how := args[2]; how {
	case "directory":
		var root *os.Root
		if root, err = os.OpenRoot(dir); err != nil {
			return err
		}
		defer root.Close()
		f, err = root.OpenFile("mem", os.O_RDWR, 0)
	case "link":
		link := filepath.Join(os.TempDir(), "apiwatch-link-"+args[0])
		if err = os.Symlink(dir+"/mem", link); err != nil {
			return err
		}
		defer os.Remove(link)
		f, err = os.OpenFile(link, os.O_RDWR, 0)
	case "root":
		f, err = os.OpenFile("/proc/self/root"+dir+"/mem", os.O_RDWR, 0)
	default:
		f, err = os.OpenFile(dir+"/mem", os.O_RDWR, 0)
	}
	if err != nil {
		return fmt.Errorf("opening memory to write: %w", err)
	}
	if err := writeMem(f, at, payload(memBytes)); err != nil {
		return err
	}
	time.Sleep(lookedUp)
	return f.Close()
}

// lookedUp is how long the file stays open, as an injector's does that has more to do: only an open descriptor tells which file
// it is that was opened below a directory or through a link.
const lookedUp = 300 * time.Millisecond

func writeMem(f *os.File, at int64, b []byte) error {
	if _, err := f.WriteAt(b, at); err != nil {
		return fmt.Errorf("writing memory: %w", err)
	}
	return nil
}

func memNear(args []string) error {
	own := make([]byte, memBytes)
	at := int64(uintptr(unsafe.Pointer(&own[0])))
	for _, path := range []string{"/proc/self/mem", fmt.Sprintf("/proc/%d/mem", os.Getpid())} {
		f, err := os.OpenFile(path, os.O_RDWR, 0)
		if err != nil {
			return fmt.Errorf("opening own memory to write: %w", err)
		}
		err = writeMem(f, at, make([]byte, memBytes))
		_ = f.Close() // what was written is written
		if err != nil {
			return err
		}
	}
	there, err := strconv.ParseInt(args[1], 10, 64)
	if err != nil {
		return err
	}
	if _, err := os.ReadFile("/proc/" + args[0] + "/maps"); err != nil {
		return fmt.Errorf("reading the sibling's maps: %w", err)
	}
	f, err := os.Open("/proc/" + args[0] + "/mem")
	if err != nil {
		return fmt.Errorf("opening the sibling's memory: %w", err)
	}
	defer f.Close()
	if _, err := f.ReadAt(own, there); err != nil {
		return fmt.Errorf("reading the sibling's memory: %w", err)
	}
	return nil
}
