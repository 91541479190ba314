package procfs

import (
	"bytes"
	"errors"
	"io"
	"sync"
	"sync/atomic"
)

// The kernel maps one image, the vDSO, into every process of one ABI, and all have the same bytes. Which bytes these are is what most
// processes have; images of one size are of one ABI.

// vdsoVoters is how many processes are asked at most.
const vdsoVoters = 64

// vdsos keeps the images by size. While the machine runs they do not change.
type vdsos struct {
	mu     sync.Mutex
	images map[int][]byte
}

// readVDSO reads a region of the memory of a process, which goes on running, into b; nil if it cannot be read or is too large.
func (p *FS) readVDSO(pid int64, r *region, b *buffer) []byte {
	if r.end-r.start > uint64(len(b)) {
		return nil
	}
	mem, err := openStream(p.Path(pid, "mem"))
	if err != nil {
		return nil
	}
	defer mem.Close()
	image := b[:r.end-r.start]
	if n, err := mem.ReadAt(image, int64(r.start)); err != nil && !errors.Is(err, io.EOF) || n != len(image) {
		return nil
	}
	return image
}

// vdsoDiffers counts the bytes in which a process's vDSO is not that of most processes; -1 if it is not known.
func (p *FS) vdsoDiffers(pid int64, r *region, progress *atomic.Uint64) int64 {
	b := buffers.Get().(*buffer)
	defer buffers.Put(b)
	own := p.readVDSO(pid, r, b)
	if own == nil {
		return -1
	}
	image := p.vdsos.of(len(own), func(vote func([]byte) bool) { p.voteVDSO(len(own), progress, vote) })
	if image == nil {
		return -1
	}
	n := int64(0)
	for i := range own {
		if own[i] != image[i] {
			n++
		}
	}
	return n
}

// of gives the image of a size: what more than half of the voters have, of two at least. Otherwise nobody knows, and it is asked again.
// Voters may keep whoever asks them waiting, so nobody else waits meanwhile.
func (v *vdsos) of(size int, voters func(vote func([]byte) bool)) []byte {
	v.mu.Lock()
	image := v.images[size]
	v.mu.Unlock()
	if image != nil {
		return image
	}
	votes, all := make(map[string]int), 0
	voters(func(b []byte) bool {
		votes[string(b)]++
		all++
		return all < vdsoVoters
	})
	v.mu.Lock()
	defer v.mu.Unlock()
	for image, n := range votes {
		if n >= 2 && 2*n > all {
			if v.images == nil {
				v.images = make(map[int][]byte)
			}
			v.images[size] = []byte(image)
		}
	}
	return v.images[size]
}

// voteVDSO reads the vDSO of processes that have one of a size.
func (p *FS) voteVDSO(size int, progress *atomic.Uint64, vote func([]byte) bool) {
	pids, err := p.PIDs()
	if err != nil {
		return
	}
	for _, pid := range pids {
		progress.Add(1)
		b, err := guarded(&p.guard, pid, func(*atomic.Uint64) ([]byte, error) {
			maps, err := openStream(p.Path(pid, "maps"))
			if err != nil {
				return nil, err
			}
			defer maps.Close()
			r, ok := findVDSO(maps)
			if !ok || int(r.end-r.start) != size {
				return nil, nil
			}
			return p.readVDSO(pid, &r, new(buffer)), nil
		})
		if err == nil && b != nil && !vote(b) {
			return
		}
	}
}

// findVDSO gives the region of the vDSO. It lies among the last.
func findVDSO(maps io.Reader) (region, bool) {
	l := newRegionReader(maps, nil)
	defer l.release()
	for {
		line, ok := l.next()
		if !ok {
			return region{}, false
		}
		if !bytes.HasSuffix(line, []byte(vdso)) {
			continue
		}
		if r, ok := parseRegion(line); ok && r.executable() && string(r.path) == vdso {
			return region{start: r.start, end: r.end}, true
		}
	}
}
