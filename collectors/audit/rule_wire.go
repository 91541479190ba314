package audit

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"github.com/apiwatch/apiwatch/collectors/syscalls"
)

// abi is one system call interface of a machine.
type abi struct {
	arch uint32 // AUDIT_ARCH_*
	wide bool   // 64 bits
}

// abis gives what a machine (a GOARCH) runs, nil for one that rules are not known for.
func abis(goarch string) []abi {
	switch goarch {
	case "amd64":
		return []abi{{syscalls.X8664, true}, {syscalls.I386, false}}
	case "arm64":
		return []abi{{syscalls.AArch64, true}, {syscalls.ARM, false}}
	}
	return nil
}

// narrowName is the name by which a 32-bit ABI has what a call of 64 bits does, beside the same name.
var narrowName = map[string]string{"mmap": "mmap2", "utimensat": "utimensat_time64", "umount2": "umount"}

// numbers gives the rule's system calls on an ABI.
func (r *Rule) numbers(a abi) []int {
	var out []int
	for _, want := range r.Syscalls {
		for n, name := range syscalls.Table(a.arch) {
			switch {
			case name == "" || name == "mmap" && !a.wide: // the latter passes a struct, which no filter can read
			case name == want, !a.wide && name == narrowName[want]:
				out = append(out, n)
			}
		}
	}
	return out
}

// compile puts the rule into the kernel's form, one for each ABI of the machine that has its calls, without those that are left out.
func (r *Rule) compile(machine []abi, ownPID int, leftOut ...Filter) ([][]byte, error) {
	rest := append(slices.Concat(r.Filters, leftOut), common(ownPID)...)
	if len(r.Syscalls) == 0 {
		wire, err := encodeRule(nil, rest)
		return [][]byte{wire}, err
	}
	var out [][]byte
	for _, a := range machine {
		numbers := r.numbers(a)
		if len(numbers) == 0 {
			continue
		}
		wire, err := encodeRule(numbers, append([]Filter{{Field: FieldArch, Op: Is, Value: a.arch}}, rest...))
		if err != nil {
			return nil, err
		}
		out = append(out, wire)
	}
	return out, nil
}

func common(ownPID int) []Filter {
	return []Filter{{Field: FieldPID, Op: Not, Value: uint32(ownPID)}, {Field: FieldKey, Op: Is, Text: Key}}
}

// encodeRule builds a struct audit_rule_data in host byte order. No numbers mean every system call.
func encodeRule(numbers []int, filters []Filter) ([]byte, error) {
	if len(filters) > maxFields {
		return nil, fmt.Errorf("encoding a rule: %d conditions, the kernel takes %d", len(filters), maxFields)
	}
	out := make([]byte, ruleHeaderSize)
	put := func(word int, v uint32) { binary.NativeEndian.PutUint32(out[4*word:], v) }
	put(0, listExit)
	put(1, actionAlways)
	put(2, uint32(len(filters)))
	mask := [maskWords]uint32{}
	for _, n := range numbers {
		if n < 0 || n >= maskWords*32 {
			return nil, fmt.Errorf("encoding a rule: no room for system call %d", n)
		}
		mask[n/32] |= 1 << (n % 32)
	}
	if numbers == nil {
		for i := range mask {
			mask[i] = 0xffffffff
		}
		mask[maskWords-1] = 0xffff // the other bits stand for classes of calls, not for calls
	}
	for i, m := range mask {
		put(3+i, m)
	}
	const fields, values, ops = 3 + maskWords, 3 + maskWords + maxFields, 3 + maskWords + 2*maxFields
	var text []byte
	for i, f := range filters {
		put(fields+i, uint32(f.Field))
		put(ops+i, uint32(f.Op))
		if hasText(f.Field) {
			put(values+i, uint32(len(f.Text)))
			text = append(text, f.Text...)
		} else {
			put(values+i, f.Value)
		}
	}
	put(ruleHeaderSize/4-1, uint32(len(text)))
	out = append(out, text...)
	return append(out, make([]byte, -len(out)&3)...), nil // the kernel lists rules padded likewise
}

// listed is what we want to know of a rule that the kernel lists.
type listed struct {
	list, action uint32
	key          string
	notPID       uint32 // the process that it leaves out, 0 if none
}

// decodeRule reads a struct audit_rule_data.
func decodeRule(wire []byte) (listed, error) {
	if len(wire) < ruleHeaderSize {
		return listed{}, errors.New("decoding a rule: too short")
	}
	get := func(word int) uint32 { return binary.NativeEndian.Uint32(wire[4*word:]) }
	r := listed{list: get(0), action: get(1)}
	n := get(2)
	text := wire[ruleHeaderSize:]
	if length := get(ruleHeaderSize/4 - 1); n > maxFields || uint64(length) > uint64(len(text)) {
		return listed{}, errors.New("decoding a rule: it says that it is longer than it is")
	}
	const fields, values, ops = 3 + maskWords, 3 + maskWords + maxFields, 3 + maskWords + 2*maxFields
	for i := range int(n) {
		field, value, op := Field(get(fields+i)), get(values+i), Op(get(ops+i))
		switch {
		case hasText(field):
			if uint64(value) > uint64(len(text)) {
				return listed{}, errors.New("decoding a rule: a text reaches beyond its end")
			}
			if field == FieldKey {
				r.key = string(text[:value])
			}
			text = text[value:]
		case field == FieldPID && op == Not:
			r.notPID = value
		}
	}
	return r, nil
}

// hasText says which fields' values are lengths of texts behind the rule: AUDIT_SUBJ_*, AUDIT_OBJ_*, AUDIT_WATCH,
// AUDIT_DIR, AUDIT_FILTERKEY and AUDIT_EXE.
func hasText(f Field) bool {
	switch {
	case f >= 13 && f <= 17, f >= 19 && f <= 23, f == FieldPath, f == FieldDir, f == FieldKey, f == FieldExe:
		return true
	}
	return false
}
