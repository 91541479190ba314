package event

import (
	"cmp"
	"fmt"
	"slices"
	"sync"

	"github.com/apiwatch/apiwatch/collectors/event/wire"
)

// blockVersion is the first byte of a block: what else is in it is read by that version's rules.
const blockVersion = 1

// types are those of details by their numbers.
var types = func() (all [256]DetailType) {
	for _, d := range descriptors {
		for _, of := range d.Details {
			all[of.Number] = of
		}
	}
	return all
}()

// The bits of an event's first byte beside its outcome and the number of its arguments.
const (
	headNoExit = 1 << 5
	headOn     = 1 << 6 // a host or a subject
	headDetail = 1 << 7
)

// Encoder writes events of one kind to a block, which can be read without it. What events share, such as the process that they are of, is
// written once. EID, TimeNS and Kind are not written: who keeps a block keeps them beside it, where they are looked at most.
type Encoder struct {
	c         wire.Coder
	processes map[*Process]int
	others    map[any]int // creators, facts of Windows, subjects
	apis      places[API]
	feeds     places[Feed]
	hosts     places[Host]
	last      [2]struct { // of callers, and of targets
		process *Process
		at      int
	}
}

// places are where a few things lie in a block.
type places[T any] struct {
	all []*T
	at  []int
}

func (p *places[T]) of(t *T) (at int, ok bool) {
	if i := slices.Index(p.all, t); i >= 0 {
		return p.at[i], true
	}
	return 0, t == nil
}

func (p *places[T]) add(t *T, at int) int {
	p.all, p.at = append(p.all, t), append(p.at, at)
	return at
}

func (p *places[T]) clear() {
	clear(p.all)
	p.all, p.at = p.all[:0], p.at[:0]
}

// Begin starts another block, in the memory given.
func (w *Encoder) Begin(memory []byte) {
	w.c.Reset(append(memory[:0], blockVersion))
	if w.processes == nil {
		w.processes, w.others = make(map[*Process]int), make(map[any]int)
	}
	clear(w.processes)
	clear(w.others)
	w.apis.clear()
	w.feeds.clear()
	w.hosts.clear()
	w.last[0].process, w.last[1].process = nil, nil
}

// Data gives the block so far. What it holds does not change when more is written.
func (w *Encoder) Data() []byte { return w.c.Block() }

// Event writes an event and gives where it lies in the block.
func (w *Encoder) Event(e *Event) (at int) {
	c := &w.c
	e.Resolve()
	process, target := w.process(e.Process, 0), w.process(e.Target, 1)
	api, ok := w.apis.of(e.API)
	if !ok {
		api = w.apis.add(e.API, c.Len())
		c.Text(&e.API.Name)
	}
	feed, ok := w.feeds.of(e.Feed)
	if !ok {
		feed = w.feeds.add(e.Feed, c.Len())
		e.Feed.code(c)
	}
	host, ok := w.hosts.of(e.Host)
	if !ok {
		host = w.hosts.add(e.Host, c.Len())
		e.Host.code(c)
	}
	subject := 0
	if e.Subject != nil {
		subject = shared(w, e.Subject, func() { e.Subject.code(c) })
	}

	at = c.Len()
	head := uint8(e.Outcome)&3 | min(e.NArgs, MaxArgs)<<2
	if e.NoExit {
		head |= headNoExit
	}
	if host+subject != 0 {
		head |= headOn
	}
	if e.Detail != nil {
		head |= headDetail
	}
	c.Byte(head)
	c.Place(api)
	c.Place(process)
	c.Place(target)
	c.Place(feed)
	if head&headOn != 0 {
		c.Place(host)
		c.Place(subject)
	}
	c.Text(&e.Path)
	c.Int(&e.Exit)
	for i := range min(e.NArgs, MaxArgs) {
		c.Uint(&e.Args[i])
	}
	if e.Detail != nil {
		c.Byte(e.Detail.number())
		e.Detail.code(c)
	}
	return at
}

func (w *Encoder) process(p *Process, role int) int {
	if p == nil {
		return 0
	}
	last := &w.last[role]
	if last.process == p {
		return last.at
	}
	at := w.processes[p]
	if at == 0 {
		p.resolve()
		creator, windows := 0, w.windows(p.Windows)
		if p.Creator != nil {
			of := w.windows(p.Creator.Windows)
			creator = shared(w, p.Creator, func() {
				p.Creator.code(&w.c)
				w.c.Place(of)
			})
		}
		at = w.c.Len()
		p.code(&w.c)
		w.c.Place(creator)
		w.c.Place(windows)
		w.processes[p] = at
	}
	last.process, last.at = p, at
	return at
}

func (w *Encoder) windows(p *WindowsProcess) int {
	if p == nil {
		return 0
	}
	return shared(w, p, func() { p.code(&w.c) })
}

// shared gives where something lies that events share; it is written if it is not there yet.
func shared[T any](w *Encoder, t *T, write func()) int {
	at := w.others[t]
	if at == 0 {
		at = w.c.Len()
		write()
		w.others[t] = at
	}
	return at
}

// Block is what an [Encoder] wrote. It is read by one goroutine; what is read of it may be given to others.
type Block struct {
	data   []byte
	c      wire.Coder
	apiAt  int // where api lies, the one read last
	feedAt int
	api    *API
	feed   *Feed
}

// NewBlock takes a block for reading; it must not change any more.
func NewBlock(data []byte) (*Block, error) {
	if len(data) == 0 || data[0] != blockVersion {
		return nil, fmt.Errorf("reading events: the block is of another version than %d: %w", blockVersion, wire.ErrDamaged)
	}
	return &Block{data: data}, nil
}

// Event reads the event at a place into e, which nobody else holds and which may be one that was read before: all of it but EID, TimeNS and Kind. Its texts are parts of the block. Its caller is read when
// [Event.Caller] asks for it, and whom that was created by when the process is asked: until [Event.Resolve] e.Process is nil.
func (b *Block) Event(at int, e *Event) error {
	c := &b.c
	c.Read(b.data, at)
	head := c.Byte(0)
	e.Outcome, e.NArgs, e.NoExit = Outcome(head&3), min(head>>2&7, MaxArgs), head&headNoExit != 0
	api, process, target, feed := c.Place(0), c.Place(0), c.Place(0), c.Place(0)
	host, subject := 0, 0
	if head&headOn != 0 {
		host, subject = c.Place(0), c.Place(0)
	}
	c.Text(&e.Path)
	c.Int(&e.Exit)
	e.Args = [MaxArgs]uint64{}
	for i := range e.NArgs {
		c.Uint(&e.Args[i])
	}
	before := e.Detail
	e.Detail = nil
	if head&headDetail != 0 {
		switch n := c.Byte(0); {
		case types[n].New == nil:
			c.Fail()
		case before != nil && before.number() == n:
			types[n].reset(before)
			e.Detail = before
		default:
			e.Detail = types[n].New()
		}
		if e.Detail != nil {
			e.Detail.code(c)
		}
	}
	e.spare, e.Process, e.in, e.processAt = cmp.Or(e.spare, e.Process), nil, nil, 0
	if process != 0 {
		e.in, e.processAt = b, uint32(process)
	}
	ok := c.Err() == nil
	if api != 0 && api != b.apiAt {
		var name string
		ok = ok && readAt(c, b.data, api, func() { c.Text(&name) })
		if ok {
			b.apiAt, b.api = api, APINamed(name)
		}
	}
	if feed != 0 && feed != b.feedAt {
		var f Feed
		ok = ok && readAt(c, b.data, feed, func() { f.code(c) })
		if ok {
			b.feedAt, b.feed = feed, knownFeed(f)
		}
	}
	e.API, e.Feed, e.Host, e.Subject, e.Target = nil, nil, nil, nil, nil
	if api != 0 {
		e.API = b.api
	}
	if feed != 0 {
		e.Feed = b.feed
	}
	if host != 0 {
		e.Host = new(Host)
		ok = ok && readAt(c, b.data, host, func() { e.Host.code(c) })
	}
	if subject != 0 {
		e.Subject = new(Subject)
		ok = ok && readAt(c, b.data, subject, func() { e.Subject.code(c) })
	}
	if target != 0 {
		e.Target = new(Process)
		ok = ok && e.Target.read(c, b, target)
	}
	if !ok {
		b.apiAt, b.api, b.feedAt, b.feed = 0, nil, 0, nil
		return fmt.Errorf("reading an event: %w", wire.ErrDamaged)
	}
	return nil
}

// readAt reads what lies at a place, true if it is whole.
func readAt(c *wire.Coder, block []byte, at int, read func()) bool {
	c.Read(block, at)
	read()
	return c.Err() == nil
}

// read reads a process, all but its creator and what it is on Windows.
func (p *Process) read(c *wire.Coder, block *Block, at int) bool {
	c.Read(block.data, at)
	p.code(c)
	p.creatorAt, p.windowsAt = uint32(c.Place(0)), uint32(c.Place(0))
	if p.creatorAt|p.windowsAt != 0 {
		p.in = block
	}
	return c.Err() == nil
}

// resolve reads what is not read yet.
func (p *Process) resolve() {
	p.readCreator()
	p.readWindows()
	p.in = nil
}

func (p *Process) readCreator() {
	if p.creatorAt == 0 {
		return
	}
	p.Creator = new(Creator)
	p.Creator.read(p.in.data, int(p.creatorAt))
	p.creatorAt = 0
}

func (p *Process) readWindows() {
	if p.windowsAt == 0 {
		return
	}
	p.Windows = new(WindowsProcess)
	p.Windows.read(p.in.data, int(p.windowsAt))
	p.windowsAt = 0
}

func (p *Creator) read(block []byte, at int) {
	var c wire.Coder
	c.Read(block, at)
	p.code(&c)
	if windows := c.Place(0); windows != 0 {
		p.Windows = new(WindowsProcess)
		p.Windows.read(block, windows)
	}
}

func (p *WindowsProcess) read(block []byte, at int) {
	var c wire.Coder
	c.Read(block, at)
	p.code(&c)
}

// Discard says that nobody holds the event any more, nor what belongs to it, so that another may be read into it.
func (e *Event) Discard() { e.discarded = true }

// Discarded tells whether nobody holds the event any more, and takes it back.
func (e *Event) Discarded() bool {
	was := e.discarded
	e.discarded = false
	return was
}

// Resolve reads what is not read yet of an event that came from a block.
func (e *Event) Resolve() {
	e.Caller().resolve()
	e.spare = nil
	if e.Target != nil {
		e.Target.resolve()
	}
}

func (f *Feed) code(c *wire.Coder) {
	c.Text(&f.LogSource)
	c.Text(&f.Provider)
}

func (h *Host) code(c *wire.Coder) {
	c.Text(&h.Name)
	c.Text((*string)(&h.Kind))
	c.Text(&h.Domain)
}

func (s *Subject) code(c *wire.Coder) {
	c.Text(&s.Principal)
	c.Text(&s.Kind)
	c.Text(&s.Session)
	c.Text(&s.SourceAddress)
	c.Text(&s.UserAgent)
}

func (p *Process) code(c *wire.Coder) {
	c.Text(&p.Key)
	c.Text(&p.Path)
	c.Text(&p.Cmdline)
	c.Text(&p.CWD)
	c.Text(&p.User)
	c.Text(&p.TTY)
	c.Text(&p.ContainerID)
	c.Text(&p.ContainerRuntime)
	c.Int(&p.StartNS)
	c.Int(&p.PID)
	c.Int(&p.PPID)
	c.Int(&p.UID)
	c.Int(&p.EUID)
	c.Int(&p.GID)
	c.Int(&p.EGID)
	c.Int(&p.AUID)
	c.Int(&p.Session)
	c.Int(&p.ExeUID)
	c.Uint32(&p.ExeMode)
}

func (p *Creator) code(c *wire.Coder) {
	c.Text(&p.Key)
	c.Text(&p.Path)
	c.Text(&p.Cmdline)
	c.Text(&p.ContainerID)
	c.Text(&p.User)
	n := c.Count(len(p.Ancestors), 1)
	if c.Reading() && n > 0 {
		p.Ancestors = make([]string, n)
	}
	for i := range p.Ancestors {
		c.Text(&p.Ancestors[i])
	}
}

func (p *WindowsProcess) code(c *wire.Coder) {
	c.Text(&p.UserSID)
	c.Uint(&p.LogonID)
	c.Text(&p.Integrity)
	c.Text(&p.Elevation)
	c.Text(&p.OriginalFileName)
	c.Text(&p.Company)
	c.Text(&p.Product)
	c.Text(&p.Description)
	c.Text(&p.Hashes)
	c.Int(&p.CreatorPID)
	c.Int(&p.ReportedPPID)
	c.Text(&p.ReportedKey)
}

// maxFeeds bounds how many feeds blocks can add.
const maxFeeds = 1024

var feeds = struct {
	sync.RWMutex
	m map[Feed]*Feed
}{m: make(map[Feed]*Feed)}

// knownFeed gives one value for feeds that are alike.
func knownFeed(f Feed) *Feed {
	feeds.RLock()
	known := feeds.m[f]
	feeds.RUnlock()
	if known != nil {
		return known
	}
	feeds.Lock()
	defer feeds.Unlock()
	if known = feeds.m[f]; known != nil {
		return known
	}
	kept := Feed{LogSource: string([]byte(f.LogSource)), Provider: string([]byte(f.Provider))} // not the block's
	if len(feeds.m) >= maxFeeds {
		return &kept
	}
	feeds.m[kept] = &kept
	return &kept
}
