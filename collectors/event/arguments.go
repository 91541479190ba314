package event

import "encoding/binary"

// SomeLeftOut is what [Exec.LeftOut] is where some of a command line is missing and nobody knows how much.
const SomeLeftOut = -1

// ArgumentEnds keeps where the arguments of a command line of so many bytes end; one blank lies between two.
func ArgumentEnds(ends []int, length int) string {
	b := make([]byte, 0, len(ends)+4)
	last := 0
	for _, end := range ends {
		if end > length {
			end = length
		}
		b = binary.AppendUvarint(b, uint64(end-last))
		last = end
	}
	return string(b)
}

// Arguments gives the arguments of a command line as they were passed; nil where the source tells only one text.
func (d *Exec) ArgumentsOf(cmdline string) []string {
	if d.Ends == "" {
		return nil
	}
	b := []byte(d.Ends)
	var out []string
	at := 0
	for len(b) > 0 {
		n, size := binary.Uvarint(b)
		if size <= 0 || n > uint64(len(cmdline)-at) {
			return nil // it is of another command line
		}
		b = b[size:]
		start := at
		if at += int(n); len(out) > 0 {
			start++ // the blank
		}
		out = append(out, cmdline[min(start, at):at])
	}
	if at != len(cmdline) {
		return nil
	}
	return out
}
