package prevalence

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"time"

	"github.com/apiwatch/apiwatch/collectors"
	"github.com/apiwatch/apiwatch/collectors/event"
	"github.com/apiwatch/apiwatch/collectors/statefile"
)

// file is where the state folder keeps what was learned: a line that says what it is, and records, each with its length and checksum
// before it. Of a file that is torn or damaged what comes before that is used.
const (
	file   = "prevalence"
	header = "apiwatch prevalence 1\n"
)

var checksums = crc32.MakeTable(crc32.Castagnoli)

// errDamaged says that the file is not what was written.
var errDamaged = errors.New("the file is damaged")

// Save writes what was learned, unless nothing came since.
func (l *Learner) Save(dir string) error {
	l.mu.Lock()
	if !l.changed {
		l.mu.Unlock()
		return nil
	}
	l.changed = false
	data := l.encode()
	l.mu.Unlock()
	err := statefile.Replace(dir, file, data)
	if err != nil {
		err = fmt.Errorf("keeping what was learned of this host: %w", err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.changed = l.changed || err != nil
	l.err = err
	return err
}

// Load reads what an earlier run learned. What is wrong with the file is shown by Health, too; the rest is used.
func (l *Learner) Load(dir string) error {
	data, err := statefile.Read(dir, file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if err == nil {
		err = l.decode(data)
	}
	if err != nil {
		l.err = fmt.Errorf("reading what was learned of this host (%s): %w", file, err)
	}
	return l.err
}

// encode writes the combinations, the longest unseen first, those of several days last.
func (l *Learner) encode() []byte {
	out := append(make([]byte, 0, (l.once.bytes+l.lasting.bytes)/2+len(header)+64), header...)
	var b []byte
	record := func() {
		out = binary.LittleEndian.AppendUint32(out, uint32(len(b)))
		out = binary.LittleEndian.AppendUint32(out, crc32.Checksum(b, checksums))
		out = append(out, b...)
	}
	b = binary.AppendVarint(b, l.sinceNS)
	b = binary.AppendVarint(b, l.newestNS)
	b = binary.AppendUvarint(b, uint64(l.once.n+l.lasting.n))
	record()
	for _, in := range []*list{&l.once, &l.lasting} {
		for at := in.oldest; at >= 0; at = l.entries[at].newer {
			c := &l.entries[at].Combination
			b = binary.AppendUvarint(b[:0], uint64(c.Kind))
			for _, s := range []string{c.Path, c.ParentPath, c.User, c.Image, c.Host} {
				b = append(binary.AppendUvarint(b, uint64(len(s))), s...)
			}
			b = binary.AppendUvarint(b, c.Seen)
			b = binary.AppendUvarint(b, uint64(c.Hours))
			b = binary.AppendUvarint(b, uint64(c.Days))
			b = binary.AppendVarint(b, c.FirstNS)
			b = binary.AppendVarint(b, c.LastNS)
			record()
		}
	}
	return out
}

// decode reads what encode wrote into a learner that knows nothing.
func (l *Learner) decode(data []byte) error {
	if len(data) < len(header) || string(data[:len(header)]) != header {
		return fmt.Errorf("%w: it does not begin with %q; learning begins anew", errDamaged, header)
	}
	data = data[len(header):]
	first, data, ok := cut(data)
	since, newest, n := first.int(), first.int(), first.uint()
	if !ok || first.bad {
		return fmt.Errorf("%w: its first record; learning begins anew", errDamaged)
	}
	l.sinceNS, l.newestNS = since, newest
	for i := range n {
		var r reader
		if r, data, ok = cut(data); !ok {
			return fmt.Errorf("%w: record %d of %d; those before it are used", errDamaged, i+2, n+1)
		}
		c := Combination{Kind: event.Kind(r.uint()), Path: r.text(), ParentPath: r.text(), User: r.text(), Image: r.text(), Host: r.text()}
		c.Seen, c.Hours, c.Days, c.FirstNS, c.LastNS = r.uint(), uint32(r.uint()), uint32(r.uint()), r.int(), r.int()
		if r.bad || len(r.b) > 0 {
			return fmt.Errorf("%w: record %d of %d; those before it are used", errDamaged, i+2, n+1)
		}
		hash := l.hash(&c)
		if l.find(&c, hash) < 0 {
			l.add(c, hash)
		}
	}
	return nil
}

// cut takes a record off, if it is whole.
func cut(data []byte) (r reader, rest []byte, ok bool) {
	if len(data) < 8 {
		return reader{bad: true}, nil, false
	}
	n, sum := binary.LittleEndian.Uint32(data), binary.LittleEndian.Uint32(data[4:])
	if data = data[8:]; uint64(n) > uint64(len(data)) || crc32.Checksum(data[:n], checksums) != sum {
		return reader{bad: true}, nil, false
	}
	return reader{b: data[:n]}, data[n:], true
}

// reader reads the fields of a record.
type reader struct {
	b   []byte
	bad bool
}

func (r *reader) uint() uint64 {
	v, n := binary.Uvarint(r.b)
	return take(r, v, n)
}

func (r *reader) int() int64 {
	v, n := binary.Varint(r.b)
	return take(r, v, n)
}

func take[T int64 | uint64](r *reader, v T, n int) T {
	if n <= 0 {
		r.bad, r.b = true, nil
		return 0
	}
	r.b = r.b[n:]
	return v
}

func (r *reader) text() string {
	n := r.uint()
	if n > uint64(len(r.b)) {
		r.bad, r.b = true, nil
		return ""
	}
	s := string(r.b[:n])
	r.b = r.b[n:]
	return s
}

// Health tells how much is known, and what was forgotten.
func (l *Learner) Health() collectors.Health {
	l.mu.RLock()
	defer l.mu.RUnlock()
	h := collectors.Health{
		Collector: "prevalence", Item: "combinations", State: "ok", Received: l.events, Decoded: l.events, Lost: l.forgotten + l.forgottenLasting,
		Detail: fmt.Sprintf("known=%d lasting=%d bytes=%d forgotten=%d forgotten_lasting=%d",
			l.once.n+l.lasting.n, l.lasting.n, l.once.bytes+l.lasting.bytes, l.forgotten, l.forgottenLasting),
	}
	if k := (Known{l.sinceNS, l.newestNS}); k.SinceNS > 0 {
		h.Detail += " learning_until=" + time.Unix(0, k.UntilNS()).UTC().Format(time.RFC3339)
	}
	switch {
	case l.err != nil:
		h.State, h.Reason = "degraded", l.err.Error()
	case h.Lost > 0:
		h.State = "degraded"
		h.Reason = fmt.Sprintf("more combinations than there is room for: %d were forgotten, and are new when they come again", h.Lost)
	}
	return h
}
