// Package containers tells what the runtimes of this machine say of their containers: a container's name and image, and which container a
// cgroup belongs to whose own name does not tell. The runtimes write that down before a container's first process runs:
//
//   - Docker: containers/ID/config.v2.json below its data root (moby, daemon/container);
//   - containerd and Kubernetes on it: the bundle's config.json, whose annotations name pod, container and image (containerd,
//     pkg/cri/annotations);
//   - Podman and CRI-O: overlay-containers/containers.json below their storage (containers/storage);
//   - runc and crun, by hand too: ID/state.json or ID/status below their root, with the container's cgroups (libcontainer, crun's
//
// status.c).
//
// Only files that nobody but root, or who runs this, may write to are believed.
package containers

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/apiwatch/apiwatch/collectors/statefile"
)

const (
	maxFile    = 4 << 20 // bytes
	maxKnown   = 4096    // containers that are remembered
	maxText    = 512     // bytes of a name
	askAgainIn = 10 * time.Second
)

// Registry looks containers up. The zero value is for this machine; it is safe for concurrent use.
type Registry struct {
	Root string // in place of /, for tests

	mu    sync.Mutex
	known map[string]known // by id
	roots [len(runtimeRoots)]root
}

type known struct {
	name, image string
	asked       time.Time
}

// runtimeRoots are where runc and crun keep one folder a container when nobody tells them another place.
var runtimeRoots = [2]struct{ folder, runtime string }{{"run/runc", "runc"}, {"run/crun", "crun"}}

func (r *Registry) path(parts ...string) string {
	root := r.Root
	if root == "" {
		root = "/"
	}
	return filepath.Join(append([]string{root}, parts...)...)
}

// read gives a file's bytes, if nobody but root or who reads it may write to it.
func (r *Registry) read(parts ...string) []byte {
	last := len(parts) - 1
	f, err := statefile.Open(r.path(parts[:last]...), parts[last], os.O_RDONLY)
	if err != nil {
		return nil
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil || len(b) > maxFile {
		return nil
	}
	return b
}

// Of finds the container that a process is in by the text of its /proc/PID/cgroup, for those that somebody made with runc or crun himself:
// their cgroup bears any name.
func (r *Registry) Of(cgroup []byte) (id, runtime string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i, root := range runtimeRoots {
		r.look(i, root.folder)
		if len(r.roots[i].cgroups) == 0 {
			continue
		}
		for line := range bytes.Lines(cgroup) {
			// hierarchy-ID:controllers:path; the path may hold further colons
			parts := strings.SplitN(strings.TrimSuffix(string(line), "\n"), ":", 3)
			for at := parts[len(parts)-1]; len(at) > 1; at = at[:max(0, strings.LastIndexByte(at, '/'))] {
				if id := r.roots[i].cgroups[at]; id != "" {
					return id, root.runtime
				}
			}
		}
	}
	return "", ""
}

// root is what is known of a runtime's containers.
type root struct {
	changed time.Time
	silent  []string          // containers that have not said yet where they are
	cgroups map[string]string // ids by path
}

// look reads where a runtime's containers are, if there are others than before, and asks those again that have not said it.
func (r *Registry) look(i int, folder string) {
	known := &r.roots[i]
	info, err := os.Stat(r.path(folder))
	if err != nil {
		*known = root{}
		return
	}
	if !info.ModTime().Equal(known.changed) {
		entries, _ := os.ReadDir(r.path(folder)) // what could be read serves
		*known = root{changed: info.ModTime(), cgroups: make(map[string]string)}
		for _, e := range entries[:min(len(entries), maxKnown)] {
			known.silent = append(known.silent, e.Name())
		}
	}
	known.silent = slices.DeleteFunc(known.silent, func(id string) bool {
		paths := cgroupsOf(r.state(folder, id))
		for _, p := range paths {
			known.cgroups[p] = id
		}
		return len(paths) > 0
	})
}

// state gives what a runtime says of a container.
func (r *Registry) state(folder, id string) []byte {
	if b := r.read(folder, id, "state.json"); b != nil {
		return b
	}
	return r.read(folder, id, "status")
}

// cgroupsOf gives a container's cgroups as /proc/PID/cgroup has them, from what its runtime says.
func cgroupsOf(said []byte) []string {
	var state struct {
		Paths map[string]string `json:"cgroup_paths"` // runc's, by controller
		Path  string            `json:"cgroup-path"`  // crun's
	}
	if json.Unmarshal(said, &state) != nil {
		return nil
	}
	var out []string
	for _, p := range append(slices.Collect(maps.Values(state.Paths)), state.Path) {
		below, ok := strings.CutPrefix(p, "/sys/fs/cgroup/")
		if !ok {
			below = strings.TrimPrefix(p, "/")
		}
		// In version 1 the controller comes first, in version 2 nothing does.
		if _, rest, ok := strings.Cut(below, "/"); ok {
			out = append(out, "/"+rest)
		}
		out = append(out, "/"+below)
	}
	return slices.DeleteFunc(out, func(p string) bool { return strings.Trim(p, "/") == "" })
}

// Describe gives a container's name and image, "" where nobody says. In Kubernetes the name is namespace/pod/container.
func (r *Registry) Describe(id, runtime string) (name, image string) {
	if id == "" || strings.ContainsAny(id, "/\x00") || id == "." || id == ".." {
		return "", ""
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if k, ok := r.known[id]; ok && (k.name != "" || time.Since(k.asked) < askAgainIn) {
		return k.name, k.image
	}
	for _, of := range describers {
		if slices.Contains(of.runtimes, runtime) || runtime == "" {
			if name, image = of.describe(r, id); name != "" || image != "" {
				break
			}
		}
	}
	name, image = bounded(name), bounded(image)
	if r.known == nil || len(r.known) >= maxKnown {
		r.known = make(map[string]known)
	}
	r.known[id] = known{name, image, time.Now()}
	return name, image
}

func bounded(s string) string {
	if len(s) > maxText {
		return strings.ToValidUTF8(s[:maxText], "")
	}
	return s
}

// describers ask each runtime's files, in this order.
var describers = []struct {
	runtimes []string
	describe func(r *Registry, id string) (name, image string)
}{
	{[]string{"docker"}, (*Registry).docker},
	{[]string{"containerd", "docker"}, (*Registry).containerd},
	{[]string{"podman", "cri-o"}, (*Registry).storage},
}

func (r *Registry) docker(id string) (name, image string) {
	var daemon struct {
		DataRoot string `json:"data-root"`
	}
	_ = json.Unmarshal(r.read("etc/docker/daemon.json"), &daemon) // it is none in most cases
	if daemon.DataRoot == "" {
		daemon.DataRoot = "/var/lib/docker"
	}
	var c struct {
		Name   string
		Config struct{ Image string }
	}
	if json.Unmarshal(r.read(daemon.DataRoot, "containers", id, "config.v2.json"), &c) != nil {
		return "", ""
	}
	return strings.TrimPrefix(c.Name, "/"), c.Config.Image
}

// containerdFolder has a folder for each namespace, with one for each container.
const containerdFolder = "run/containerd/io.containerd.runtime.v2.task"

func (r *Registry) containerd(id string) (name, image string) {
	namespaces, _ := os.ReadDir(r.path(containerdFolder)) // there is none where there is no containerd
	for _, n := range namespaces[:min(len(namespaces), 64)] {
		var spec struct{ Annotations map[string]string }
		if json.Unmarshal(r.read(containerdFolder, n.Name(), id, "config.json"), &spec) != nil {
			continue
		}
		a := spec.Annotations
		const cri = "io.kubernetes.cri."
		if pod := a[cri+"sandbox-name"]; pod != "" {
			name = a[cri+"sandbox-namespace"] + "/" + pod
			if c := a[cri+"container-name"]; c != "" {
				name += "/" + c
			}
			return name, a[cri+"image-name"]
		}
		return a["nerdctl/name"], ""
	}
	return "", ""
}

func (r *Registry) storage(id string) (name, image string) {
	for _, file := range []string{"var/lib/containers/storage/overlay-containers", "run/containers/storage/overlay-containers"} {
		for _, list := range []string{"containers.json", "volatile-containers.json"} {
			var all []struct {
				ID       string
				Names    []string
				Metadata string
			}
			if json.Unmarshal(r.read(file, list), &all) != nil {
				continue
			}
			for _, c := range all {
				if c.ID != id {
					continue
				}
				var m struct {
					Image string `json:"image-name"`
					Name  string `json:"name"`
				}
				_ = json.Unmarshal([]byte(c.Metadata), &m) // the names stand beside it, too
				if m.Name == "" && len(c.Names) > 0 {
					m.Name = c.Names[0]
				}
				return kubernetes(m.Name), m.Image
			}
		}
	}
	return "", ""
}

// kubernetes takes CRI-O's names apart: k8s_container_pod_namespace_uid_attempt, of which no part holds "_".
func kubernetes(name string) string {
	parts := strings.Split(name, "_")
	if len(parts) != 6 || parts[0] != "k8s" {
		return name
	}
	return parts[3] + "/" + parts[2] + "/" + parts[1]
}
