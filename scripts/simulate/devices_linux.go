package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/unix"
)

// node is a device as drivers make it.
type node struct {
	path         string
	major, minor uint32
}

// Devices of input, of a camera and of sound (Documentation/admin-guide/devices.txt).
var (
	keyboard    = node{"/dev/input/event0", 13, 64}
	inputMaker  = node{"/dev/uinput", 10, 223}
	camera      = node{"/dev/video0", 81, 0}
	microphone  = node{"/dev/snd/pcmC0D0c", 116, 24}
	loudspeaker = node{"/dev/snd/pcmC0D0p", 116, 16}
)

// device gives a device that the machine has, or makes for the time one of its numbers that is root's alone and behind which nothing is:
// opening it is refused for others and fails for root, which is an attempt all the same.
func (s *stage) device(n node) (string, error) {
	if err := needRoot(); err != nil {
		return "", err
	}
	if _, err := os.Stat(n.path); err == nil {
		return n.path, nil
	}
	folder := filepath.Dir(n.path)
	if err := os.Mkdir(folder, 0o755); err == nil {
		s.later(func() { _ = os.Remove(folder) })
	} else if !errors.Is(err, os.ErrExist) {
		return "", fmt.Errorf("making a folder of devices: %w", err)
	}
	if err := unix.Mknod(n.path, unix.S_IFCHR|0o600, int(unix.Mkdev(n.major, n.minor))); err != nil {
		return "", notRunError("making a device: " + err.Error())
	}
	s.later(func() { _ = os.Remove(n.path) })
	return n.path, nil
}

// opens has a copy of this program, under a name, open files one after the other.
func (s *stage) opens(variant, did, name, role string, unprivileged bool, files ...string) error {
	path, err := s.prop(name)
	if err != nil {
		return err
	}
	return s.opened(variant, did, cast{path: path, args: append([]string{rolePrefix + role}, files...), unprivileged: unprivileged})
}

func (s *stage) opened(variant, did string, c cast) error {
	a, err := s.start(c)
	if err != nil {
		return err
	}
	if err := a.finish(); err != nil {
		return err
	}
	s.did(a.act(variant, did))
	return nil
}

// runs has a script run commands; unprivileged, it is nobody's.
func (s *stage) runs(variant, did, name string, unprivileged bool, lines ...string) error {
	a, err := s.perform("sh", name+".sh", commands("sh", append([]string{pause}, lines...)...), unprivileged)
	if err != nil {
		return err
	}
	s.did(a.act(variant, did))
	return nil
}

// under copies this program to a folder that is none for dropped programs, and gives its path.
func (s *stage) under(base, name string) (string, error) {
	dir, err := s.makeDir(unix.ST_NOEXEC, base)
	if err != nil {
		return "", err
	}
	to := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return "", fmt.Errorf("making a program's folder: %w", err)
	}
	self, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("finding our own executable: %w", err)
	}
	return to, copyFile(to, self)
}

// openFiles opens files to read and closes them again. That it is refused is an attempt.
func openFiles(files []string) error { return openEach(files, os.O_RDONLY) }

// openToWrite opens files to write, writes nothing and closes them.
func openToWrite(files []string) error { return openEach(files, os.O_WRONLY) }

func openEach(files []string, flags int) error {
	for _, path := range files {
		f, err := os.OpenFile(path, flags|syscall.O_NONBLOCK, 0)
		if err != nil {
			say("refused %s", path)
			continue
		}
		if flags == os.O_RDONLY {
			_, _ = f.Read(make([]byte, 16))
		}
		_ = f.Close()
	}
	return nil
}

// loadModule asks the kernel to take this program for a module, which it does not.
func loadModule([]string) error {
	self, err := os.Open("/proc/self/exe")
	if err != nil {
		return err
	}
	defer self.Close()
	say("%v", unix.FinitModule(int(self.Fd()), "", 0))
	return nil
}

// connectSocket connects to a unix socket.
func connectSocket(args []string) error {
	c, err := net.Dial("unix", args[0])
	if err != nil {
		return err
	}
	return c.Close()
}

// listen makes a unix socket that takes connections and says nothing.
func (s *stage) listen(path string) error {
	l, err := new(net.ListenConfig).Listen(s.ctx, "unix", path)
	if err != nil {
		return fmt.Errorf("making a socket: %w", err)
	}
	s.later(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = io.Copy(io.Discard, c)
			_ = c.Close()
		}
	}()
	return os.Chmod(path, 0o777)
}
