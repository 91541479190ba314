package linux

import "strings"

// ProcPath takes detours out of a clean path under /proc: a process's root and working directory lead back to the file system,
// so that /proc/self/root/proc/12/mem is the memory of 12. What lies elsewhere in a process's root keeps its name, because that
// root may be a container's. cwd is the caller's working directory, "" if unknown. ok is false where the path leads somewhere
// that it does not tell.
func ProcPath(path, cwd string) (_ string, ok bool) {
	for range 40 { // as many as the kernel follows
		rest, under := strings.CutPrefix(path, "/proc/")
		if !under {
			return path, true
		}
		name, rest, _ := strings.Cut(rest, "/")
		if !isProcess(name) {
			return path, true
		}
		if task, in := strings.CutPrefix(rest, "task/"); in {
			_, rest, _ = strings.Cut(task, "/")
		}
		link, rest, more := strings.Cut(rest, "/")
		switch {
		case !more: // the link itself
			return path, true
		case link == "root" && (rest == "proc" || strings.HasPrefix(rest, "proc/")):
			path = "/" + rest
		case link == "cwd" && cwd != "" && (name == "self" || name == "thread-self"):
			path = strings.TrimSuffix(cwd, "/") + "/" + rest
		case link == "cwd", link == "fd" && strings.Contains(rest, "/"):
			return path, false
		default:
			return path, true
		}
	}
	return path, false
}

func isProcess(name string) bool {
	return name == "self" || name == "thread-self" || name != "" && strings.Trim(name, "0123456789") == ""
}

// ProcessOf gives the process that a path under /proc names, 0 if none; own says that it is the caller itself.
func ProcessOf(path string) (pid int64, own bool) {
	rest, ok := strings.CutPrefix(path, "/proc/")
	if !ok {
		return 0, false
	}
	name, _, _ := strings.Cut(rest, "/")
	if name == "self" || name == "thread-self" {
		return 0, true
	}
	for i := range len(name) {
		if name[i] < '0' || name[i] > '9' || i == 9 {
			return 0, false
		}
		pid = pid*10 + int64(name[i]-'0')
	}
	return pid, false
}
