package form

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"strconv"

	"github.com/apiwatch/apiwatch/collectors/eventlog/form/layout"
	"github.com/apiwatch/apiwatch/collectors/eventlog/form/typed"
)

var errNoEvent = errors.New("it holds no event")

// EVTX reads an .evtx file, or the chunks of one without its header, as they are carved from a disk.
//
// A chunk that is damaged gives what can be read of it. Chunks that a full log has begun to overwrite are read in the
// records' order if the input can seek, else in the order they lie in.
type EVTX struct {
	binXML
	parts []section // what is still to be read
	base  int64     // offset of window[0] in the input
	win   []byte
	eof   bool
	err   error
	stats Stats
	began bool

	// The chunk being read.
	next, free int // the next record, and where records should end
	lastID     uint64
	inChunk    bool

	// What was passed over since the last chunk of this part, where there was one, and the id of the last record before it.
	passed, passedAt int64
	before           uint64
}

// section is a stretch of the input.
type section struct {
	r  io.Reader
	at int64
}

// NewEVTX reads r. If r is also an io.ReaderAt and io.Seeker, as a file is, a log that has wrapped is read from its oldest
// chunk on.
func NewEVTX(r io.Reader) *EVTX {
	e := new(EVTX)
	e.stats.Form = "evtx"
	e.parts = []section{{r: r}}
	if s, ok := r.(interface {
		io.ReaderAt
		io.Seeker
	}); ok {
		if parts := inOrder(s, s); parts != nil {
			e.parts = parts
		}
	}
	return e
}

// inOrder finds the oldest chunk of a log that has wrapped and gives the input in two parts; nil if it lies in order.
func inOrder(r io.ReaderAt, s io.Seeker) []section {
	size, err := s.Seek(0, io.SeekEnd)
	if err != nil {
		return nil
	}
	if _, err := s.Seek(0, io.SeekStart); err != nil {
		return nil
	}
	var head [32]byte
	if _, err := r.ReadAt(head[:], 0); err != nil || string(head[:8]) != layout.FileMagic {
		return nil
	}
	oldest, falls := int64(0), 0
	var first, last uint64
	for at := int64(layout.HeaderBlock); at+layout.ChunkSize <= size; at += layout.ChunkSize {
		if _, err := r.ReadAt(head[:], at); err != nil {
			return nil
		}
		if string(head[:8]) != layout.ChunkMagic {
			continue
		}
		id := binary.LittleEndian.Uint64(head[24:])
		if first == 0 {
			first = id
		}
		if id < last {
			oldest, falls = at, falls+1
		}
		last = id
	}
	if falls != 1 || last >= first { // in order, or in none
		return nil
	}
	return []section{
		{io.NewSectionReader(r, oldest, size-oldest), oldest},
		{io.NewSectionReader(r, 0, oldest), 0},
	}
}

// Stats implements [Reader].
func (e *EVTX) Stats() Stats { return e.stats.copy() }

// Each calls yield for every record until it returns false.
func (e *EVTX) Each(yield func(*Record) bool) error { return Each(e, yield) }

// Next implements [Reader].
func (e *EVTX) Next() (*Record, error) {
	for {
		if !e.inChunk {
			if err := e.load(); err != nil {
				return nil, err
			}
		}
		if r := e.nextRecord(); r != nil {
			e.stats.Records++
			return r, nil
		}
		e.endChunk()
	}
}

// fill reads until the window holds a chunk or the input ends.
func (e *EVTX) fill() {
	if e.win == nil {
		e.win = make([]byte, 0, 2*layout.ChunkSize)
	}
	for idle := 0; len(e.win) < layout.ChunkSize && !e.eof; {
		n, err := e.parts[0].r.Read(e.win[len(e.win):cap(e.win)])
		e.win = e.win[:len(e.win)+n]
		e.stats.Bytes += int64(n)
		if n > 0 {
			idle = 0
		} else if idle++; err == nil && idle == maxIdle {
			err = io.ErrNoProgress
		}
		if err == nil {
			continue
		}
		if !errors.Is(err, io.EOF) {
			e.err = err
		}
		e.eof = true
	}
}

// drop moves the window on by n bytes.
func (e *EVTX) drop(n int) {
	e.win = e.win[:copy(e.win, e.win[n:])]
	e.base += int64(n)
}

// load makes the next chunk the current one.
func (e *EVTX) load() error {
	for {
		if !e.began {
			e.began, e.base = true, e.parts[0].at
		}
		e.fill()
		if len(e.win) == 0 {
			if e.err != nil {
				return e.err
			}
			if len(e.parts) == 1 {
				return io.EOF
			}
			e.parts, e.eof, e.began = e.parts[1:], false, false
			e.passed, e.before = 0, 0
			continue
		}
		switch {
		case bytes.HasPrefix(e.win, []byte(layout.FileMagic)):
			e.fileHeader()
		case bytes.HasPrefix(e.win, []byte(layout.ChunkMagic)):
			e.openChunk("")
			return nil
		case len(e.win) > layout.ChunkHeader+layout.MinRecord && string(e.win[layout.ChunkHeader:layout.ChunkHeader+4]) == layout.RecordMagic &&
			plausible(e.win, layout.ChunkHeader, min(len(e.win), layout.ChunkSize)):
			e.openChunk("the chunk's header is not one")
			return nil
		default:
			e.seek()
		}
	}
}

// fileHeader reads the file's header block.
func (e *EVTX) fileHeader() {
	n := layout.HeaderBlock
	if len(e.win) >= 128 {
		if size := int(binary.LittleEndian.Uint16(e.win[40:])); size >= 128 && size%512 == 0 {
			n = size
		}
		if binary.LittleEndian.Uint32(e.win[120:])&1 != 0 {
			e.stats.Dirty = true
		}
		if crc32.ChecksumIEEE(e.win[:120]) != binary.LittleEndian.Uint32(e.win[124:]) && !e.stats.Dirty {
			e.stats.add(e.base, "the file header's checksum is wrong; reading on")
		}
	}
	// A header that is followed at once by a chunk has lost its padding.
	if i := bytes.Index(e.win[:min(n+len(layout.ChunkMagic)-1, len(e.win))], []byte(layout.ChunkMagic)); i > 0 {
		n = i
	}
	e.drop(min(n, len(e.win)))
}

// seek skips to the next chunk within the window.
func (e *EVTX) seek() {
	n := bytes.Index(e.win[1:], []byte(layout.ChunkMagic)) + 1
	if n == 0 {
		n = len(e.win)
		if !e.eof {
			n -= len(layout.ChunkMagic) - 1
		}
	}
	lost := n
	for _, c := range e.win[:n] {
		if c != 0 {
			lost = -1
			break
		}
	}
	if lost < 0 {
		if e.stats.SkippedBytes == 0 || n < layout.ChunkSize {
			e.stats.add(e.base, "here should stand a chunk; looking for the next")
		}
		e.stats.SkippedBytes += int64(n)
	}
	if e.passed == 0 {
		e.passedAt = e.base
	}
	e.passed += int64(n)
	e.drop(n)
}

// missing counts the records that stood between the last chunk and this one, where something else stands now.
func (e *EVTX) missing(chunk []byte) {
	passed := e.passed
	e.passed = 0
	if passed == 0 || e.before == 0 || len(chunk) < layout.ChunkHeader {
		return
	}
	first := binary.LittleEndian.Uint64(chunk[24:])
	if lost := first - e.before - 1; first > e.before+1 && lost <= uint64(passed/layout.MinRecord) {
		e.stats.Damaged += lost
		e.stats.add(e.passedAt, "chunks are missing, and with them the records "+strconv.FormatUint(e.before+1, 10)+" to "+
			strconv.FormatUint(first-1, 10))
	}
}

// openChunk checks the header of the chunk at the window's start.
func (e *EVTX) openChunk(fault string) {
	chunk := e.win[:min(len(e.win), layout.ChunkSize)]
	e.missing(chunk)
	e.stats.Chunks++
	e.inChunk, e.next, e.lastID = true, layout.ChunkHeader, 0
	e.free = len(chunk)
	if len(chunk) < layout.ChunkSize {
		fault = "the chunk is cut off"
	}
	if fault == "" {
		free := int(binary.LittleEndian.Uint32(chunk[48:]))
		sum := crc32.ChecksumIEEE(chunk[:120])
		sum = crc32.Update(sum, crc32.IEEETable, chunk[128:layout.ChunkHeader])
		switch {
		case free < layout.ChunkHeader || free > layout.ChunkSize:
			fault = "the chunk's header is wrong: its records end outside it"
		case sum != binary.LittleEndian.Uint32(chunk[124:]):
			fault = "the chunk header's checksum is wrong"
			e.free = free
		case crc32.ChecksumIEEE(chunk[layout.ChunkHeader:free]) != binary.LittleEndian.Uint32(chunk[52:]):
			fault = "the checksum of the chunk's records is wrong"
			e.free = free
		default:
			e.free = free
		}
	}
	if fault != "" {
		e.stats.DamagedChunks++
		e.stats.add(e.base, fault)
		chunk = chunk[:e.torn(1, len(chunk))]
		e.free = min(e.free, len(chunk))
	} else if chunk = chunk[:e.torn(e.free, len(chunk))]; len(chunk) < layout.ChunkSize {
		e.stats.add(e.base+int64(len(chunk)), "a chunk begins within another: bytes are missing")
	}
	e.startChunk(chunk)
}

// torn tells where a chunk ends of which a part is missing: where, from at on, another begins. Without that it is n.
func (e *EVTX) torn(at, n int) int {
	for ; at < n; at++ {
		i := bytes.Index(e.win[at:n], []byte(layout.ChunkMagic))
		if i < 0 {
			return n
		}
		at += i
		// An event may well speak of such a magic, but not with a header behind it.
		if head := e.win[at:]; len(head) < layout.ChunkHeader+4 || binary.LittleEndian.Uint32(head[40:]) == 128 ||
			string(head[layout.ChunkHeader:layout.ChunkHeader+4]) == layout.RecordMagic {
			return at
		}
	}
	return n
}

// endChunk moves past the chunk.
func (e *EVTX) endChunk() {
	e.inChunk = false
	if e.lastID > 0 {
		e.before = e.lastID
	}
	e.drop(len(e.chunk))
}

// plausible tells whether a whole record stands at p.
func plausible(chunk []byte, p, end int) bool {
	if p+layout.MinRecord > end || string(chunk[p:p+4]) != layout.RecordMagic {
		return false
	}
	size := int(binary.LittleEndian.Uint32(chunk[p+4:]))
	return size >= layout.MinRecord && size <= end-p && int(binary.LittleEndian.Uint32(chunk[p+size-4:])) == size
}

// nextRecord decodes the chunk's next record; nil if there is none.
func (e *EVTX) nextRecord() *Record {
	for {
		p, chunk := e.next, e.chunk
		if p+layout.RecordHeader > len(chunk) {
			if p < min(e.free, len(chunk)) {
				e.damaged(p, "a record is cut off")
			}
			return nil
		}
		if p >= e.free {
			// A log in use may hold more than its header knows yet: what goes on counting is part of it.
			if e.lastID == 0 || !plausible(chunk, p, len(chunk)) || binary.LittleEndian.Uint64(chunk[p+8:]) != e.lastID+1 {
				return nil
			}
		}
		if string(chunk[p:p+4]) != layout.RecordMagic {
			if !e.resync(p, p) {
				return nil
			}
			continue
		}
		to, whole := len(chunk), plausible(chunk, p, len(chunk))
		if whole {
			size := int(binary.LittleEndian.Uint32(chunk[p+4:]))
			e.next = p + size
			to = e.next - 4
		} else {
			e.damaged(p, "a record's length is wrong")
			if e.resync(p, p+4) {
				to = e.next
			} else {
				e.next = len(chunk)
			}
		}
		if r := e.decode(p, to, whole); r != nil {
			return r
		}
	}
}

// damaged counts a record that is cut or broken.
func (e *EVTX) damaged(p int, what string) {
	e.stats.Damaged++
	e.stats.add(e.base+int64(p), what)
}

// resync finds the next whole record at or after from and says what lies before it.
func (e *EVTX) resync(p, from int) bool {
	for at := from; ; {
		i := bytes.Index(e.chunk[at:], []byte(layout.RecordMagic))
		if i < 0 {
			break
		}
		at += i
		if plausible(e.chunk, at, len(e.chunk)) {
			e.skipped(p, from, at)
			e.next = at
			return true
		}
		at++
	}
	e.skipped(p, from, min(e.free, len(e.chunk)))
	return false
}

// skipped notes bytes where a record should have begun. Zeros are what a log in use has there.
func (e *EVTX) skipped(p, from, to int) {
	if from != p || from >= to {
		return
	}
	for _, c := range e.chunk[from:to] {
		if c != 0 {
			e.stats.SkippedBytes += int64(to - from)
			e.stats.add(e.base+int64(from), "here should stand a record; looking for the next")
			return
		}
	}
}

// decode decodes the record at p. It returns nil if not even the event's id can be read.
func (e *EVTX) decode(p, to int, whole bool) *Record {
	e.reset()
	e.rec.RecordID = binary.LittleEndian.Uint64(e.chunk[p+8:])
	e.rec.TimeNS = typed.FileTimeNS(binary.LittleEndian.Uint64(e.chunk[p+16:]))
	e.rec.Offset = e.base + int64(p)
	if whole {
		e.lastID = e.rec.RecordID
	}
	err := e.record(p+layout.RecordHeader, to)
	if err == nil && !e.sawID {
		err = errNoEvent
	}
	if err != nil && whole {
		e.damaged(p, "a record is broken: "+err.Error())
	}
	if !e.sawID {
		return nil
	}
	e.rec.Damaged = err != nil || !whole
	return e.finish()
}
