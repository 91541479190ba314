package bpf

import (
	"slices"

	"github.com/apiwatch/apiwatch/collectors"
	"github.com/apiwatch/apiwatch/collectors/audit/own"
	"github.com/apiwatch/apiwatch/collectors/event/apimap"
)

// programs is the row of collector_health that tells of the programs.
const programs = "programs"

// part is what audit's rule of the same name brings, too.
type part struct {
	name    string
	calls   []string
	values  []string // of the events alone that it brings
	sources []string // ATT&CK's names, beside auditd:SYSCALL
}

var openCalls = []string{"open", "openat", "openat2"}

var parts = []part{
	{"ptrace", []string{"ptrace"}, nil, nil},
	{"process_vm", []string{"process_vm_readv", "process_vm_writev"}, nil, nil},
	{"pidfd_getfd", []string{"pidfd_getfd"}, nil, nil},
	{"proc_write", []string{"open", "openat", "openat2", "creat"}, []string{"mem"}, []string{"auditd:PATH"}},
	{"memfd", []string{"memfd_create"}, nil, nil},
	{"set_id", []string{"setuid", "setgid", "setreuid", "setregid", "setresuid", "setresgid", "setfsuid", "setfsgid"}, nil, nil},
	{"capset", []string{"capset"}, nil, nil},
	{"namespace", []string{"unshare", "setns", "pivot_root", "chroot"}, nil, nil},
	{"clone_namespace", []string{"clone"}, nil, nil},
	{"mount", []string{"mount", "umount2", "move_mount"}, nil, nil},
	{"open_tree", []string{"open_tree"}, nil, nil},
	{"keyctl", []string{"keyctl"}, nil, nil},
	{"kernel_module", []string{"init_module", "finit_module", "delete_module"}, nil, nil},
	{"bpf", []string{"bpf"}, nil, nil},
	{"chmod_set_id", []string{"chmod", "fchmod"}, []string{"mode"}, []string{"auditd:PATH"}},
	{"fchmodat_set_id", []string{"fchmodat", "fchmodat2"}, []string{"mode"}, []string{"auditd:PATH"}},
	{"mmap_write_exec", []string{"mmap"}, nil, []string{"auditd:MMAP"}},
	{"mmap_anonymous_exec", []string{"mmap"}, nil, []string{"auditd:MMAP"}},
	{"mprotect_exec", []string{"mprotect", "pkey_mprotect"}, nil, []string{"auditd:memprotect"}},
	{collectors.Execution, []string{"execve", "execveat"}, nil, []string{"auditd:EXECVE", "auditd:PATH"}},
	{"utime", []string{"utime", "utimes"}, []string{"times"}, []string{"auditd:PATH"}},
	{"utimensat", []string{"utimensat", "futimesat"}, []string{"times"}, []string{"auditd:PATH"}},
	{"connect_inet", []string{"connect"}, nil, nil},
	{"connect_inet6", []string{"connect"}, nil, nil},
	{"connect_long", []string{"connect"}, nil, nil},
	{"read:/etc/timezone", openCalls, []string{"timezone"}, []string{"auditd:PATH"}},
	{"read:/etc/locale.conf", openCalls, []string{"locale.conf"}, []string{"auditd:PATH"}},
	{"read:/etc/default/locale", openCalls, []string{"locale"}, []string{"auditd:PATH"}},
	{"read:/etc/shadow", openCalls, []string{"shadow"}, []string{"auditd:PATH"}},
	{"read:/etc/gshadow", openCalls, []string{"gshadow"}, []string{"auditd:PATH"}},
	{"read:/dev/video0", openCalls, []string{"video0"}, []string{"auditd:PATH"}},
	{"read:/dev/video1", openCalls, []string{"video1"}, []string{"auditd:PATH"}},
	{"read:/dev/video2", openCalls, []string{"video2"}, []string{"auditd:PATH"}},
	{"read:/dev/video3", openCalls, []string{"video3"}, []string{"auditd:PATH"}},
	{"input_devices", openCalls, []string{"event0"}, []string{"auditd:PATH"}},
	{"sound_devices", openCalls, []string{"pcmC0D0c"}, []string{"auditd:PATH"}},
	{"write:/etc/shadow", openCalls, []string{"/etc/shadow"}, []string{"auditd:PATH"}},
	{"write:/etc/sudoers", openCalls, []string{"/etc/sudoers"}, []string{"auditd:PATH"}},
	{"write:/root/.bash_history", openCalls, []string{"/root/.bash_history"}, []string{"auditd:PATH"}},
	{"write:/var/log/wtmp", openCalls, []string{"/var/log/wtmp"}, []string{"auditd:PATH"}},
	{"write:/var/log/auth.log", openCalls, []string{"/var/log/auth.log"}, []string{"auditd:PATH"}},
	{"write:/var/log/secure", openCalls, []string{"/var/log/secure"}, []string{"auditd:PATH"}},
	{"write:/var/log/syslog", openCalls, []string{"/var/log/syslog"}, []string{"auditd:PATH"}},
	{"write:/var/log/messages", openCalls, []string{"/var/log/messages"}, []string{"auditd:PATH"}},
	{"write:/var/log/audit/audit.log", openCalls, []string{"/var/log/audit/audit.log"}, []string{"auditd:PATH"}},
}

// Feeds declares what the programs deliver: what audit's rules bring, a feed each, and what no rule does.
func Feeds() []collectors.Feed {
	var out []collectors.Feed
	for _, p := range parts {
		f := collectors.Feed{
			Platform: "linux", LogSources: slices.Concat([]string{logSource.Name, "auditd:SYSCALL"}, p.sources), Name: "eBPF",
			Needs: []collectors.Item{{Collector: "ebpf", Item: programs}}, Part: p.name,
		}
		f.Deliver(apimap.Events(), func(e *apimap.Event) bool {
			return e.Provider == "audit" && slices.ContainsFunc(e.APIs, func(call string) bool { return slices.Contains(p.calls, call) })
		})
		for i := range f.Deliveries {
			f.Deliveries[i].Values = p.values
		}
		if p.name == "kernel_module" {
			f.Deliveries = append(f.Deliveries, collectors.Delivery{Table: "module_loads"})
		}
		if p.name == "proc_write" {
			f.Deliveries = append(f.Deliveries, collectors.Delivery{Table: "process_accesses"})
		}
		out = append(out, f)
	}
	var more []string // calls that no rule asks for
	for _, call := range watchedCalls() {
		if call == "clock_settime" || call == "settimeofday" { // what sets the clock stands for no analytic's whole way
			continue
		}
		if !slices.ContainsFunc(parts, func(p part) bool { return slices.Contains(p.calls, call) }) {
			more = append(more, call)
		}
	}
	out = append(out, collectors.Feed{
		Platform: "linux", LogSources: []string{own.Source.Name}, Name: "eBPF", Part: "changes of auditing",
		Needs: []collectors.Item{{Collector: "ebpf", Item: programs}},
		// Nothing of eBPF's is ever withdrawn, so that nobody misses it.
		Deliveries: []collectors.Delivery{{
			Table: "audit_changes", Values: []string{own.Suppressed, own.Lost, own.Flooded, own.Withdrawn, own.Killed},
		}},
	}, collectors.Feed{
		Platform: "linux", LogSources: []string{"linux:procevents"}, Name: "eBPF", Part: collectors.Ends,
		Needs: []collectors.Item{{Collector: "ebpf", Item: programs}}, APIs: []string{"exit"},
	})
	return append(out, collectors.Feed{
		Platform: "linux", LogSources: []string{logSource.Name, "auditd:SYSCALL"}, Name: "eBPF",
		Needs: []collectors.Item{{Collector: "ebpf", Item: programs}}, Part: "calls that no audit rule asks for", APIs: more,
		ByName: true,
	})
}
