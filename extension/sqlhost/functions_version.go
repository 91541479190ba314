package sqlhost

import (
	"errors"
	"slices"
	"strings"

	"github.com/apiwatch/apiwatch/tables"
)

func versionCompareFunction(args []Value) (Value, error) {
	if len(args) < 3 || slices.ContainsFunc(args[:3], func(v Value) bool { return v.Kind != tables.TextValue }) {
		return Value{}, errors.New("two versions and an operator between them are needed, as texts")
	}
	op := cString(args[1])
	if !slices.Contains([]string{"<", "<=", "=", ">=", ">"}, op) {
		return Value{}, errors.New("the operator must be one of <, <=, =, >= and >")
	}
	var o [4]bool // epoch, delimiter precedence, compare remaining, remainder precedence
	for i := 3; i < min(len(args), 7); i++ {
		if args[i].Kind != tables.IntValue && args[i].Kind != tables.Null {
			return Value{}, errors.New("options must be true, false or NULL")
		}
		o[i-3] = args[i].Int != 0
	}
	switch c := compareVersions(cString(args[0]), cString(args[2]), o[0], o[1], o[2], o[3]); {
	case c < 0:
		return boolValue(op[0] == '<'), nil
	case c > 0:
		return boolValue(op[0] == '>'), nil
	}
	return boolValue(op[0] == '=' || len(op) == 2), nil
}

// delimiters of versions, by precedence.
const delimiters = "~-^.:"

func compareVersions(l, r string, epoch, precedence, remaining, remainderPrecedence bool) int {
	if l == "" || r == "" || l == r {
		return strings.Compare(l, r)
	}
	if epoch {
		switch le, re := strings.IndexByte(l, ':'), strings.IndexByte(r, ':'); {
		case le >= 0 && re >= 0 && le != re:
			return le - re
		case le >= 0 && re < 0:
			return 1
		case le < 0 && re >= 0:
			return -1
		}
	}
	first, n := 0, min(len(l), len(r))
	for i := range n {
		ld, rd := strings.IndexByte(delimiters, l[i])+1, strings.IndexByte(delimiters, r[i])+1
		switch {
		case ld == 0 && rd == 0:
			if first == 0 {
				first = int(int8(l[i])) - int(int8(r[i]))
			}
		case ld == 0:
			return 1
		case rd == 0:
			return -1
		case first != 0:
			return first
		case precedence && ld != rd:
			return ld - rd
		}
	}
	if len(l) == len(r) {
		return first
	}
	if remaining {
		longer, shorter, sign := r, l, 1
		if len(l) > n {
			longer, shorter, sign = l, r, -1
		}
		switch longer[n] {
		case '~':
			return sign
		case '-':
			return 0
		case '^':
			return -sign
		}
		if last := shorter[n-1]; first != 0 && (!remainderPrecedence || last < '0' || last > '9') {
			return first
		}
	}
	return len(l) - len(r)
}
