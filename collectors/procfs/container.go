package procfs

import (
	"bytes"
	"strings"
)

// Container finds the container that a process is in from the text of /proc/PID/cgroup, of either version: its id (the
// machine's name for LXC and systemd-nspawn) and the runtime. Of nested containers it gives the innermost. Both are ""
// for a process of the host, which includes a runtime's own monitors (conmon, lxc.monitor, nspawn's supervisor). The
// runtime alone is "" where a cgroup is named like a container of a runtime that cannot be told.
//
// Names are those that runc, crun, systemd and LXC make; an id is exactly 64 lower-case hexadecimal digits.
func Container(cgroup []byte) (id, runtime string) {
	var best found
	for len(cgroup) > 0 {
		var line []byte
		line, cgroup, _ = bytes.Cut(cgroup, []byte{'\n'})
		// hierarchy-ID:controllers:path; the path may hold further colons
		_, line, _ = bytes.Cut(line, []byte{':'})
		_, path, ok := bytes.Cut(line, []byte{':'})
		if !ok || len(path) < 2 {
			continue
		}
		if f := inPath(path); f.depth > best.depth {
			best = f
		}
	}
	if best.depth == 0 {
		return "", ""
	}
	if best.escaped {
		return unescapeUnit(best.id), best.runtime
	}
	return string(best.id), best.runtime
}

// found is the innermost container of a path and how many containers lie around it, itself included.
type found struct {
	id      []byte
	runtime string
	depth   int
	escaped bool
}

func (f *found) take(id []byte, runtime string) {
	f.id, f.runtime, f.escaped = id, runtime, false
	f.depth++
}

// scopes maps what stands before "-<id>.scope" to the runtime. Monitors' scopes, such as libpod-conmon-<id>, are not in
// it and so name no container.
var scopes = [...]struct{ prefix, runtime string }{
	{"docker-", "docker"},
	{"cri-containerd-", "containerd"},
	{"nerdctl-", "containerd"},
	{"crio-", "cri-o"},
	{"libpod-", "podman"},
}

func inPath(path []byte) found {
	var (
		best, outer  found // outer is what best was before an nspawn machine
		parent       []byte
		grandparent  []byte
		kube, ofUser bool
		ecs, machine bool // under /ecs, under machine.slice
		nspawn       bool // parent is the cgroup of an nspawn machine
	)
	for len(path) > 0 {
		var name []byte
		name, path, _ = bytes.Cut(path, []byte{'/'})
		if len(name) == 0 {
			continue
		}
		wasNspawn := nspawn
		nspawn = false
		switch {
		case bytes.HasPrefix(name, []byte("kubepods")), bytes.HasPrefix(name, []byte("kubelet-kubepods")): // the latter in kind
			kube = true
		case string(name) == "user.slice":
			ofUser = true
		case string(name) == "machine.slice":
			machine = true
		case string(name) == "ecs":
			ecs = true
		}
		switch {
		case bytes.HasPrefix(name, []byte("lxc.monitor")) && (len(name) == 11 || name[11] == '.'):
			return best // the monitor itself runs outside
		case bytes.HasPrefix(name, []byte("lxc.payload.")) && len(name) > 12:
			best.take(name[12:], "lxc")
		case string(parent) == "lxc" || string(parent) == "lxc.payload":
			best.take(name, "lxc")
		case wasNspawn && string(name) == "supervisor":
			return outer
		case machine && hasAffixes(name, "machine-", ".scope"):
			m := name[len("machine-") : len(name)-len(".scope")]
			if libvirtName(m, `qemu\x2d`) != nil {
				break // a virtual machine: the process is the host's
			}
			outer, nspawn = best, true
			if lxc := libvirtName(m, `lxc\x2d`); lxc != nil {
				best.take(lxc, "lxc")
			} else {
				best.take(m, "systemd-nspawn")
			}
			best.escaped = true
		case hasAffixes(name, "systemd-nspawn@", ".service"):
			outer, nspawn = best, true
			best.take(name[len("systemd-nspawn@"):len(name)-len(".service")], "systemd-nspawn")
			best.escaped = true
		case string(parent) == "buildkit" && string(grandparent) == "docker" && (isID(name) || isBuildID(name)):
			best.take(name, "docker")
		case isID(name):
			if r, ok := bareRuntime(parent, kube, ecs, ofUser); ok {
				best.take(name, r)
			}
		default:
			if id, r := inScope(name); id != nil {
				best.take(id, r)
			}
		}
		grandparent, parent = parent, name
	}
	return best
}

// inScope reads "<prefix>-<id>.scope", "<prefix>-<id>" (the cgroupfs drivers of podman and CRI-O) and
// "<slice>:<prefix>:<id>" (runc given a systemd path without its systemd driver).
func inScope(name []byte) (id []byte, runtime string) {
	if i := bytes.LastIndexByte(name, ':'); i > 0 {
		id := name[i+1:]
		j := bytes.LastIndexByte(name[:i], ':')
		if j < 0 || !isID(id) {
			return nil, ""
		}
		prefix := name[j+1 : i]
		for _, s := range &scopes {
			if string(prefix) == s.prefix[:len(s.prefix)-1] {
				return id, s.runtime
			}
		}
		return nil, ""
	}
	base, scope := bytes.CutSuffix(name, []byte(".scope"))
	for _, s := range &scopes {
		id, ok := bytes.CutPrefix(base, []byte(s.prefix))
		if ok && isID(id) && (scope || s.runtime == "podman" || s.runtime == "cri-o") {
			return id, s.runtime
		}
	}
	return nil, ""
}

// bareRuntime tells which runtime names a cgroup by the id alone. A user's own cgroups can have any name and count for
// nothing; libpod_parent's are pods.
func bareRuntime(parent []byte, kube, ecs, ofUser bool) (runtime string, ok bool) {
	switch string(parent) {
	case "docker":
		return "docker", true
	case "k8s.io", "default":
		return "containerd", true
	case "libpod_parent":
		return "", false
	}
	switch {
	case kube:
		return "containerd", true
	case ecs:
		return "docker", true
	}
	return "", !ofUser
}

// libvirtName gives the name in libvirt's "<driver>\x2d<number>\x2d<name>"; nil if name has another form.
func libvirtName(name []byte, driver string) []byte {
	rest, ok := bytes.CutPrefix(name, []byte(driver))
	if !ok {
		return nil
	}
	digits, rest, ok := bytes.Cut(rest, []byte(`\x2d`))
	if _, number := parseUint(digits, 10); !ok || !number || len(rest) == 0 {
		return nil
	}
	return rest
}

func hasAffixes(b []byte, prefix, suffix string) bool {
	return len(b) > len(prefix)+len(suffix) && string(b[:len(prefix)]) == prefix && string(b[len(b)-len(suffix):]) == suffix
}

// isID tells whether b is 64 lower-case hexadecimal digits.
func isID(b []byte) bool {
	if len(b) != 64 {
		return false
	}
	for _, c := range b {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// isBuildID tells whether b is one of BuildKit's own ids: 25 digits in base 36.
func isBuildID(b []byte) bool {
	if len(b) != 25 {
		return false
	}
	for _, c := range b {
		if (c < '0' || c > '9') && (c < 'a' || c > 'z') {
			return false
		}
	}
	return true
}

// unescapeUnit undoes systemd's escaping of a unit's name, \x2d for a dash.
func unescapeUnit(b []byte) string {
	var out strings.Builder
	for i := 0; i < len(b); i++ {
		if b[i] == '\\' && i+3 < len(b) && b[i+1] == 'x' {
			if n, ok := parseUint(b[i+2:i+4], 16); ok {
				out.WriteByte(byte(n))
				i += 3
				continue
			}
		}
		out.WriteByte(b[i])
	}
	return out.String()
}
