package audit

import "strconv"

// Record types by the kernel's numbers (include/uapi/linux/audit.h), and auditd's own (lib/audit-records.h of audit-userspace).
const (
	typeTrustedApp    = 1121
	typeDaemonStart   = 1200
	typeDaemonEnd     = 1201
	typeDaemonAbort   = 1202
	typeDaemonConfig  = 1203
	typeDaemonResume  = 1206
	typeDaemonErr     = 1209
	typeSyscall       = 1300
	typePath          = 1302
	typeSocketcall    = 1304
	typeConfigChange  = 1305
	typeSockaddr      = 1306
	typeCwd           = 1307
	typeExecve        = 1309
	typeObjPid        = 1318
	typeEOE           = 1320
	typeBprmFcaps     = 1321
	typeCapset        = 1322
	typeMmap          = 1323
	typeProctitle     = 1327
	typeFeatureChange = 1328
	typeReplace       = 1329
	typeKernModule    = 1330
	typeEventListener = 1335
	typeUringop       = 1336
	typeOpenat2       = 1337
)

// typeNames are auditd's names for the types that events are made of. All others are only counted, above all those of
// user-space programs (1100–1199, 2100–2999; of TRUSTED_APP all but our own), whose text anyone may write who may log.
var typeNames = map[string]uint16{
	"SYSCALL": typeSyscall, "PATH": typePath, "SOCKETCALL": typeSocketcall, "SOCKADDR": typeSockaddr, "CWD": typeCwd,
	"EXECVE": typeExecve, "OBJ_PID": typeObjPid, "EOE": typeEOE, "BPRM_FCAPS": typeBprmFcaps, "CAPSET": typeCapset,
	"MMAP": typeMmap, "PROCTITLE": typeProctitle, "KERN_MODULE": typeKernModule, "URINGOP": typeUringop,
	"OPENAT2":       typeOpenat2,
	"CONFIG_CHANGE": typeConfigChange, "FEATURE_CHANGE": typeFeatureChange, "REPLACE": typeReplace, "EVENT_LISTENER": typeEventListener,
	"DAEMON_START": typeDaemonStart, "DAEMON_END": typeDaemonEnd, "DAEMON_ABORT": typeDaemonAbort, "DAEMON_CONFIG": typeDaemonConfig,
	"TRUSTED_APP": typeTrustedApp, "DAEMON_RESUME": typeDaemonResume, "DAEMON_ERR": typeDaemonErr,
}

// used says whether events are made of a type.
func used(typ uint16) bool {
	switch typ {
	case typeSyscall, typePath, typeSocketcall, typeSockaddr, typeCwd, typeExecve, typeObjPid, typeEOE, typeBprmFcaps,
		typeCapset, typeMmap, typeProctitle, typeKernModule, typeUringop, typeOpenat2:
		return true
	}
	return isChange(typ)
}

// isChange says whether a type tells of a change of auditing itself.
func isChange(typ uint16) bool {
	switch typ {
	case typeConfigChange, typeFeatureChange, typeReplace, typeEventListener:
		return true
	}
	return isDaemon(typ)
}

// IsChange says whether a type, by its name, tells of a change of auditing itself.
func IsChange(name string) bool { return isChange(typeNames[name]) }

// isDaemon says whether a type is of a daemon, auditd's own or ours: such a record is an event by itself.
func isDaemon(typ uint16) bool {
	switch typ {
	case typeTrustedApp:
		return true
	case typeDaemonStart, typeDaemonEnd, typeDaemonAbort, typeDaemonConfig, typeDaemonResume, typeDaemonErr:
		return true
	}
	return false
}

// typeNamed reads a record's type: its name, which may be of one that we do not use, "1334", "UNKNOWN[1334]" or journald's "AUDIT1334".
func typeNamed(name []byte) (uint16, bool) {
	if typ, ok := typeNames[string(name)]; ok {
		return typ, true
	}
	return typeNumber(name)
}

// TypeName gives auditd's name of a record type, "UNKNOWN[1334]" for one that no event is made of.
func TypeName(typ uint16) string {
	for name, n := range typeNames {
		if n == typ {
			return name
		}
	}
	return "UNKNOWN[" + strconv.Itoa(int(typ)) + "]"
}
