package etw

import (
	"encoding/binary"
	"strings"

	"github.com/apiwatch/apiwatch/collectors/eventlog/meaning"
	"github.com/apiwatch/apiwatch/collectors/names/windows"
)

// Which events are worth decoding is told from their first bytes, whose layout the providers' manifests fix, because most
// opened processes and called interfaces are of no interest and a kernel's filter knows ids only.

// interestingProcess are the rights by which a process can be read, changed or copied from. Others, above all the queries by
// which programs list each other, make up most of all opens.
const interestingProcess = windows.ProcessCreateThread | windows.ProcessVMOperation | windows.ProcessVMRead | windows.ProcessVMWrite |
	windows.ProcessDupHandle | windows.ProcessCreateProcess | windows.ProcessSetInformation | windows.ProcessSuspendResume | anyRight

// interestingThread are the rights by which a thread can be sent elsewhere, halted or impersonated.
const interestingThread = windows.ThreadSetContext | windows.ThreadSuspendResume | windows.ThreadSetToken |
	windows.ThreadImpersonate | anyRight

// anyRight are WRITE_DAC, WRITE_OWNER, MAXIMUM_ALLOWED, GENERIC_ALL and GENERIC_WRITE.
const anyRight = 0x00040000 | 0x00080000 | 0x02000000 | 0x10000000 | 0x40000000

// filter decides on one provider's events; nil wants them all.
type filter func(e *rawEvent, data []byte, own uint32) bool

var filters = map[string]filter{
	"Microsoft-Windows-Kernel-Audit-API-Calls": wantCall,
	"Microsoft-Windows-Kernel-Process":         wantThread,
	"Microsoft-Windows-Kernel-Registry":        wantKey,
	"Microsoft-Windows-Kernel-File":            func(e *rawEvent, _ []byte, own uint32) bool { return e.pid != own },
	"Microsoft-Windows-RPC":                    wantRPC,
}

func wantCall(e *rawEvent, data []byte, own uint32) bool {
	switch e.id {
	case 5: // TargetProcessId, DesiredAccess, ReturnCode
		if len(data) >= 8 {
			return u32(data) != e.pid && e.pid != own && u32(data[4:])&interestingProcess != 0
		}
	case 6: // TargetProcessId, TargetThreadId, DesiredAccess, ReturnCode
		if len(data) >= 12 {
			return u32(data) != e.pid && u32(data[8:])&interestingThread != 0
		}
	}
	return true
}

// wantThread leaves out the threads that a process makes for itself.
func wantThread(e *rawEvent, data []byte, _ uint32) bool {
	return e.id != 3 || len(data) < 4 || u32(data) != e.pid
}

// wantKey leaves out keys that were only opened (disposition 2): BaseObject, KeyObject, Status, Disposition.
func wantKey(e *rawEvent, data []byte, own uint32) bool {
	if e.pid == own {
		return false
	}
	at := 2*e.pointer() + 4
	return e.id != 1 || len(data) < at+4 || u32(data[at:]) != 2
}

// local is the protocol of calls within the machine (ncalrpc).
const local = 3

// wantRPC looks for the interface, the operation and the protocol: InterfaceUuid, ProcNum, Protocol. A call within the machine is told of
// by its client already, and programs ask the local authority for names all the time.
func wantRPC(e *rawEvent, data []byte, _ uint32) bool {
	if len(data) < 24 {
		return true
	}
	known := rpcKnown[GUID(data[:16])]
	if known == "" {
		return false
	}
	op, ok := meaning.RPCOperation(known, u32(data[16:]))
	return ok && (u32(data[20:]) != local || e.id == 5 && !strings.HasPrefix(op, "lsarpc.LsarLookup") &&
		!strings.HasPrefix(op, "lsarpc.LsarOpenPolicy"))
}

// rpcKnown are the interfaces of which operations have names.
var rpcKnown = func() map[GUID]string {
	m := make(map[GUID]string)
	for _, id := range meaning.RPCInterfaces() {
		m[parseGUID(id)] = id
	}
	return m
}()

func u32(b []byte) uint32 { return binary.LittleEndian.Uint32(b) }
