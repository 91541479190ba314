package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// containerMark begins the ids of our containers, and our pid follows, so that a later run can tell what a killed one left.
const containerMark = "51e11a7e"

var containerInCgroup = regexp.MustCompile(`[0-9a-f]{64}`)

// container is a set of cgroups named as docker names a container's.
type container struct {
	id    string
	procs []string // files that take a pid
}

// container makes the cgroups of a container, in each hierarchy that is there and can be written.
func (s *stage) container() (*container, error) {
	random := make([]byte, 24)
	_, _ = rand.Read(random) // it never fails
	c := &container{id: fmt.Sprintf("%s%08x%x", containerMark, os.Getpid(), random)}
	for _, root := range cgroupRoots() {
		parent := filepath.Join(root, "docker")
		ours := os.Mkdir(parent, 0o755) == nil || onlyOurs(parent)
		for _, old := range glob(filepath.Join(parent, containerMark+"????????*")) {
			id := filepath.Base(old)
			pid, err := strconv.ParseUint(id[len(containerMark):min(len(id), len(containerMark)+8)], 16, 31)
			if err == nil && gone(int(pid)) {
				_ = os.Remove(old)
			}
		}
		dir := filepath.Join(parent, c.id)
		err := os.Mkdir(dir, 0o755)
		s.later(func() {
			for range 100 { // a process that has just ended may still be counted
				if err := os.Remove(dir); !errors.Is(err, syscall.EBUSY) {
					break
				}
				time.Sleep(10 * time.Millisecond)
			}
			if ours {
				_ = os.Remove(parent) // the last run of several that go on at once can
			}
		})
		if err == nil {
			c.procs = append(c.procs, filepath.Join(dir, "cgroup.procs"))
		}
	}
	if len(c.procs) == 0 {
		return nil, notRunError("no cgroup hierarchy can be written")
	}
	return c, nil
}

// onlyOurs tells whether a cgroup holds containers of the simulator and no others.
func onlyOurs(parent string) bool {
	entries, err := os.ReadDir(parent)
	found := false
	for _, e := range entries {
		if e.IsDir() && !strings.HasPrefix(e.Name(), containerMark) {
			return false
		}
		found = found || e.IsDir()
	}
	return err == nil && found
}

// cgroupRoots gives the mount points of the hierarchies that name containers: version 2, and of version 1 systemd's and
// pids. A line of mountinfo ends in "- type source options" (Documentation/filesystems/proc.rst).
func cgroupRoots() []string {
	all, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return nil
	}
	var roots []string
	for line := range strings.Lines(string(all)) {
		mount, fs, ok := strings.Cut(line, " - ")
		m, f := strings.Fields(mount), strings.Fields(fs)
		if !ok || len(m) < 5 || len(f) < 3 {
			continue
		}
		options := strings.Split(f[2], ",")
		if f[0] == "cgroup2" || f[0] == "cgroup" && (slices.Contains(options, "name=systemd") || slices.Contains(options, "pids")) {
			roots = append(roots, m[4])
		}
	}
	return roots
}

// contained gives the id of the container that we are in, "" if none.
func contained() string {
	all, _ := os.ReadFile("/proc/self/cgroup")
	return string(containerInCgroup.Find(all))
}

// run starts a program in the container and in a mount namespace of its own.
func (s *stage) run(c *container, program string, args ...string) (*actor, error) {
	runtime, err := s.prop("container-runtime")
	if err != nil {
		return nil, err
	}
	all := append([]string{rolePrefix + "enter", strings.Join(c.procs, ":"), program}, args...)
	a, err := s.start(cast{path: runtime, args: all, attr: ownMounts})
	if err == nil {
		a.path = program
	}
	return a, err
}

// enterContainer is called with the files that take its pid and with the program to become.
func enterContainer(args []string) error {
	for procs := range strings.SplitSeq(args[0], ":") {
		if err := os.WriteFile(procs, []byte("0"), 0); err != nil {
			return fmt.Errorf("entering a container's cgroup: %w", err)
		}
	}
	return fmt.Errorf("executing the container's program: %w", syscall.Exec(args[1], args[1:], os.Environ()))
}

func glob(pattern string) []string {
	found, _ := filepath.Glob(pattern)
	return found
}
