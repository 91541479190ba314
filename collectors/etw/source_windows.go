package etw

import (
	"errors"
	"sync"
	"sync/atomic"
	"syscall"
	"unsafe"

	"golang.org/x/sys/windows"
)

// NewLive makes the source. Nothing happens to the machine before Open.
func NewLive(opt Options) *Live { return newLive(opt, new(winSystem)) }

// The layouts are those of evntrace.h, evntcons.h and evntprov.h for programs of 64 bits.
type (
	traceProperties struct {
		wnodeSize, _         uint32
		historical           uint64 // the session's id, after a query
		_                    int64
		guid                 GUID
		clock, wnodeFlags    uint32
		bufferKB             uint32
		minBuffers           uint32
		maxBuffers, _        uint32
		mode, flushSeconds   uint32
		_, _                 uint32
		buffers, free        uint32
		eventsLost, _        uint32
		logLost              uint32
		realTimeLost         uint32
		_                    windows.Handle
		fileName, loggerName uint32 // offsets
		names                [2][maxSession]uint16
	}
	eventRecord struct {
		_, _          uint16
		flags, _      uint16
		tid, pid      uint32
		time          int64
		provider      GUID
		id            uint16
		version, _    uint8
		level, opcode uint8
		task          uint16
		keyword       uint64
		_             uint64
		activity      GUID
		_             uint32
		extendedCount uint16
		dataLength    uint16
		extended      *extendedItem
		data          *byte
		user          uintptr
	}
	extendedItem struct {
		_, kind, _, size uint16
		data             *byte
	}
	traceLogfile struct {
		file, logger *uint16
		_            int64
		_, mode      uint32
		_            [88 + 280]byte // the current event and the file's header
		_            uintptr
		_, _, _      uint32
		callback     uintptr
		_            uint32
		context      uintptr
	}
	filterDescriptor struct {
		data *byte
		_    [8 - unsafe.Sizeof(uintptr(0))]byte
		size uint32
		kind uint32
	}
	enableParameters struct {
		version, property, _ uint32
		_                    GUID
		filters              *filterDescriptor
		filterCount          uint32
	}
)

const (
	maxSession = 256

	wnodeTraced    = 0x00020000 // WNODE_FLAG_TRACED_GUID
	clockSystem    = 2
	modeRealTime   = 0x100      // EVENT_TRACE_REAL_TIME_MODE, PROCESS_TRACE_MODE_REAL_TIME
	modeRecord     = 0x10000000 // PROCESS_TRACE_MODE_EVENT_RECORD
	controlQuery   = 0
	controlStop    = 1
	enableProvider = 1
	propertySID    = 0x1
	propertyStack  = 0x4
	filterEventID  = 0x80000200
	filterStack    = 0x80001000
	guidQueryInfo  = 1 // TraceGuidQueryInfo
	securitySet    = 0 // EventSecuritySetDACL
	guidAllAccess  = 0x120fff

	bufferKB   = 64
	minBuffers = 16
	maxBuffers = 128
)

var sessionGUID = parseGUID("{5d1a3f0c-6c1e-4a7e-9b52-7a8f6e1c2d40}")

var (
	advapi32 = windows.NewLazySystemDLL("advapi32.dll")
	tdh      = windows.NewLazySystemDLL("tdh.dll")

	procStartTrace      = advapi32.NewProc("StartTraceW")
	procControlTrace    = advapi32.NewProc("ControlTraceW")
	procEnableTrace     = advapi32.NewProc("EnableTraceEx2")
	procOpenTrace       = advapi32.NewProc("OpenTraceW")
	procProcessTrace    = advapi32.NewProc("ProcessTrace")
	procCloseTrace      = advapi32.NewProc("CloseTrace")
	procEnumerateGuids  = advapi32.NewProc("EnumerateTraceGuidsEx")
	procAccessControl   = advapi32.NewProc("EventAccessControl")
	procAccessRemove    = advapi32.NewProc("EventAccessRemove")
	procEventInformaton = tdh.NewProc("TdhGetEventInformation")
)

// call calls a function that returns an error code. What its arguments point to stays where it is until it returns.
//
//go:uintptrescapes
func call(p *windows.LazyProc, args ...uintptr) error {
	if p.Find() != nil {
		return errNoProcedure
	}
	if r, _, _ := syscall.SyscallN(p.Addr(), args...); uint32(r) != 0 {
		return status(r)
	}
	return nil
}

// winSystem is Windows.
type winSystem struct {
	mu        sync.Mutex
	reading   uint64 // what OpenTrace gave, 0 after it was closed
	context   uintptr
	claimed   windows.Handle
	protected bool
	buffer    []byte
}

func newProperties() *traceProperties {
	p := new(traceProperties)
	p.wnodeSize = uint32(unsafe.Sizeof(*p))
	p.guid, p.clock, p.wnodeFlags = sessionGUID, clockSystem, wnodeTraced
	p.loggerName = uint32(unsafe.Offsetof(p.names))
	p.fileName = p.loggerName + 2*maxSession
	return p
}

func control(name string, code uintptr) (*traceProperties, error) {
	n, err := windows.UTF16PtrFromString(name)
	if err != nil {
		return nil, err
	}
	p := newProperties()
	return p, call(procControlTrace, 0, uintptr(unsafe.Pointer(n)), uintptr(unsafe.Pointer(p)), code)
}

func (w *winSystem) claim(name string) error {
	n, err := windows.UTF16PtrFromString(`Global\apiwatch-etw-` + name)
	if err != nil {
		return err
	}
	h, err := windows.CreateMutex(nil, false, n)
	if errno, failed := errors.AsType[windows.Errno](err); failed {
		if h != 0 {
			_ = windows.CloseHandle(h)
		}
		return status(errno)
	}
	w.claimed = h
	return nil
}

func (w *winSystem) release() {
	if w.claimed != 0 {
		_ = windows.CloseHandle(w.claimed) // at the latest it ends with the process
		w.claimed = 0
	}
}

func (w *winSystem) start(name string) (uint64, error) {
	if _, err := control(name, controlStop); errors.Is(err, errNoProcedure) {
		return 0, err
	}
	n, err := windows.UTF16PtrFromString(name)
	if err != nil {
		return 0, err
	}
	p := newProperties()
	p.bufferKB, p.minBuffers, p.maxBuffers, p.mode, p.flushSeconds, p.fileName = bufferKB, minBuffers, maxBuffers, modeRealTime, 1, 0
	var handle uint64
	err = call(procStartTrace, uintptr(unsafe.Pointer(&handle)), uintptr(unsafe.Pointer(n)), uintptr(unsafe.Pointer(p)))
	return handle, err
}

func (w *winSystem) stop(name string) error {
	_, err := control(name, controlStop)
	return err
}

func (w *winSystem) query(name string) (sessionStats, error) {
	p, err := control(name, controlQuery)
	if err != nil {
		return sessionStats{}, err
	}
	return sessionStats{
		id: uint16(p.historical), eventsLost: uint64(p.eventsLost), realTimeBuffersLost: uint64(p.realTimeLost),
		logBuffersLost: uint64(p.logLost), buffers: uint64(p.buffers), free: uint64(p.free),
	}, nil
}

func (w *winSystem) enable(handle uint64, r *request) error {
	p := enableParameters{version: 2, property: propertySID}
	var filters [2]filterDescriptor
	add := func(ids []byte, kind uint32) {
		filters[p.filterCount] = filterDescriptor{data: &ids[0], size: uint32(len(ids)), kind: kind}
		p.filters = &filters[0]
		p.filterCount++
	}
	if r.ids != nil {
		add(r.ids, filterEventID)
	}
	if r.stacks != nil {
		p.property |= propertyStack
		add(r.stacks, filterStack)
	}
	return call(procEnableTrace, uintptr(handle), uintptr(unsafe.Pointer(&r.guid)), enableProvider, uintptr(r.level), uintptr(r.keywords), 0,
		0,
		uintptr(unsafe.Pointer(&p)))
}

func (w *winSystem) enabled(provider GUID) ([]byte, error) {
	b := make([]byte, 4096)
	var n uint32
	err := call(procEnumerateGuids, guidQueryInfo, uintptr(unsafe.Pointer(&provider)), unsafe.Sizeof(provider),
		uintptr(unsafe.Pointer(&b[0])), uintptr(len(b)), uintptr(unsafe.Pointer(&n)))
	if errors.Is(err, status(windows.ERROR_INSUFFICIENT_BUFFER)) && n < 1<<20 {
		b = make([]byte, n)
		err = call(procEnumerateGuids, guidQueryInfo, uintptr(unsafe.Pointer(&provider)), unsafe.Sizeof(provider),
			uintptr(unsafe.Pointer(&b[0])), uintptr(len(b)), uintptr(unsafe.Pointer(&n)))
	}
	if err != nil {
		return nil, err
	}
	return b[:min(int(n), len(b))], nil
}

// The callback is one for all sources, because callbacks are never given back: the context finds the source.
var (
	consumers sync.Map // uintptr to func(…) of process
	contexts  atomic.Uintptr
	deliver   = sync.OnceValue(func() uintptr { return windows.NewCallback(delivered) })
)

func delivered(r *eventRecord) uintptr {
	put, ok := consumers.Load(r.user)
	if !ok {
		return 0
	}
	e := rawEvent{
		provider: r.provider, keyword: r.keyword, timeNS: unixNS(r.time), activity: r.activity, pid: r.pid, tid: r.tid, id: r.id, task: r.task,
		flags: r.flags, version: r.version, level: r.level, opcode: r.opcode,
	}
	var data []byte
	if r.data != nil {
		data = unsafe.Slice(r.data, r.dataLength)
	}
	put.(consumer)(e, data, func(yield func(extended) bool) {
		if r.extended == nil {
			return
		}
		for _, x := range unsafe.Slice(r.extended, r.extendedCount) {
			if x.data != nil && !yield(extended{x.kind, unsafe.Slice(x.data, x.size)}) {
				return
			}
		}
	})
	return 0
}

func (w *winSystem) open(name string, put consumer) error {
	n, err := windows.UTF16PtrFromString(name)
	if err != nil {
		return err
	}
	if procOpenTrace.Find() != nil {
		return errNoProcedure
	}
	id := contexts.Add(1)
	consumers.Store(id, put)
	l := traceLogfile{logger: n, mode: modeRealTime | modeRecord, callback: deliver(), context: id}
	h, _, errno := syscall.SyscallN(procOpenTrace.Addr(), uintptr(unsafe.Pointer(&l)))
	handle := uint64(h)
	if handle == 1<<64-1 || handle == 1<<32-1 {
		consumers.Delete(id)
		return status(errno)
	}
	w.mu.Lock()
	w.reading, w.context = handle, id
	w.mu.Unlock()
	return nil
}

func (w *winSystem) process() error {
	w.mu.Lock()
	handle, id := w.reading, w.context
	w.mu.Unlock()
	err := call(procProcessTrace, uintptr(unsafe.Pointer(&handle)), 1, 0, 0)
	w.close()
	consumers.Delete(id)
	return err
}

func (w *winSystem) close() {
	w.mu.Lock()
	handle := w.reading
	w.reading = 0
	w.mu.Unlock()
	if handle != 0 {
		_ = call(procCloseTrace, uintptr(handle)) // it may be closed already, and is to be
	}
}

func (w *winSystem) describe(e *rawEvent) ([]byte, error) {
	r := eventRecord{
		flags: e.flags, provider: e.provider, id: e.id, version: e.version, level: e.level, opcode: e.opcode, task: e.task,
		keyword: e.keyword,
	}
	if w.buffer == nil {
		w.buffer = make([]byte, 16<<10)
	}
	for {
		n := uint32(len(w.buffer))
		err := call(procEventInformaton, uintptr(unsafe.Pointer(&r)), 0, 0, uintptr(unsafe.Pointer(&w.buffer[0])), uintptr(unsafe.Pointer(&n)))
		if errors.Is(err, status(windows.ERROR_INSUFFICIENT_BUFFER)) && int(n) > len(w.buffer) && n < 1<<20 {
			w.buffer = make([]byte, n)
			continue
		}
		if err != nil {
			return nil, err
		}
		return w.buffer[:min(int(n), len(w.buffer))], nil
	}
}

var errNotSystem = errors.New("only LocalSystem can keep it to itself: run as a service")

func (w *winSystem) protect() error {
	u, err := windows.GetCurrentProcessToken().GetTokenUser()
	if err != nil {
		return err
	}
	if !u.User.Sid.IsWellKnown(windows.WinLocalSystemSid) {
		return errNotSystem
	}
	g := sessionGUID
	if err := call(procAccessControl, uintptr(unsafe.Pointer(&g)), securitySet, uintptr(unsafe.Pointer(u.User.Sid)), guidAllAccess,
		1); err != nil {
		return err
	}
	w.protected = true
	return nil
}

func (w *winSystem) unprotect() {
	if w.protected {
		g := sessionGUID
		_ = call(procAccessRemove, uintptr(unsafe.Pointer(&g))) // what is left protects a session that is not there
		w.protected = false
	}
}

func (w *winSystem) modules(pid uint32) []Module {
	h, err := windows.CreateToolhelp32Snapshot(windows.TH32CS_SNAPMODULE|windows.TH32CS_SNAPMODULE32, pid)
	if err != nil {
		return nil
	}
	defer func() { _ = windows.CloseHandle(h) }()
	var out []Module
	e := windows.ModuleEntry32{Size: uint32(unsafe.Sizeof(windows.ModuleEntry32{}))}
	for err := windows.Module32First(h, &e); err == nil; err = windows.Module32Next(h, &e) {
		out = append(out, Module{Base: uint64(e.ModBaseAddr), Size: uint64(e.ModBaseSize), Path: windows.UTF16ToString(e.ExePath[:])})
	}
	return out
}

func (w *winSystem) devices() devices {
	var out devices
	buffer := make([]uint16, 512)
	for letter := 'A'; letter <= 'Z'; letter++ {
		drive := string(letter) + ":"
		name, err := windows.UTF16PtrFromString(drive)
		if err != nil {
			continue
		}
		if n, err := windows.QueryDosDevice(name, &buffer[0], uint32(len(buffer))); err == nil && n > 0 {
			out = append(out, struct{ device, drive string }{windows.UTF16ToString(buffer), drive})
		}
	}
	return out
}

func (w *winSystem) computer() string {
	buffer := make([]uint16, 256)
	n := uint32(len(buffer))
	if windows.GetComputerNameEx(windows.ComputerNamePhysicalDnsFullyQualified, &buffer[0], &n) != nil {
		return ""
	}
	return windows.UTF16ToString(buffer)
}

func (w *winSystem) pid() uint32 { return windows.GetCurrentProcessId() }
