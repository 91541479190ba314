package sqlhost

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"math"
	"strings"

	"github.com/apiwatch/apiwatch/tables"
)

// function is one of osquery's SQL functions that SQLite lacks or that osquery replaces. Its call gets as many values
// as args says, any number if that is -1.
type function struct {
	name string
	args int
	call func(args []Value) (Value, error)
}

// functions follow osquery's source (osquery/sql/sqlite_*.cpp) to the letter, where its result is odd, too. What reads
// files or waits is left out: carve, find_file_path_in_cmd, is_path_deterministic, sleep, and so is shellstatic, which
// belongs to osquery's own shell. So are osquery's collations of versions.
var functions = []function{
	{"md5", 1, text1(func(s string) Value { h := md5.Sum([]byte(s)); return textValue(hex.EncodeToString(h[:])) })},
	{"sha1", 1, text1(func(s string) Value { h := sha1.Sum([]byte(s)); return textValue(hex.EncodeToString(h[:])) })},
	{"sha256", 1, text1(func(s string) Value { h := sha256.Sum256([]byte(s)); return textValue(hex.EncodeToString(h[:])) })},
	{"community_id_v1", 5, lenient(communityID)},
	{"community_id_v1", 6, lenient(communityID)},
	{"community_id_v1_strict", 5, communityID},
	{"community_id_v1_strict", 6, communityID},

	{"to_base64", 1, text1(func(s string) Value { return textValue(base64.StdEncoding.EncodeToString([]byte(s))) })},
	{"from_base64", 1, text1(func(s string) Value { return textValue(fromBase64(s)) })},
	{"conditional_to_base64", 1, text1(conditionalToBase64)},

	{"split", 3, splitWith(splitTokens)},
	{"regex_split", 3, splitWith(splitRegex)},
	{"regex_match", 3, regexMatch},
	{"concat", -1, func(args []Value) (Value, error) { return concat("", args), nil }},
	{"concat_ws", -1, func(args []Value) (Value, error) {
		if len(args) == 0 {
			return Value{}, errors.New("missing separator")
		}
		return concat(cString(args[0]), args[1:]), nil
	}},
	{"version_compare", -1, versionCompareFunction},

	{"inet_aton", 1, text1(inetAton)},
	{"in_cidr_block", 2, inCIDRBlock},
	{"parent_directory", 1, parentDirectory},

	{"sqrt", 1, math1(math.Sqrt)},
	{"acos", 1, math1(math.Acos)},
	{"asin", 1, math1(math.Asin)},
	{"atan", 1, math1(math.Atan)},
	{"cos", 1, math1(math.Cos)},
	{"sin", 1, math1(math.Sin)},
	{"tan", 1, math1(math.Tan)},
	{"cot", 1, math1(func(x float64) float64 { return 1 / math.Tan(x) })},
	{"exp", 1, math1(math.Exp)},
	{"log", 1, math1(math.Log)}, // the natural one, where SQLite's own is to base 10
	{"log10", 1, math1(math.Log10)},
	{"power", 2, power},
	{"ceil", 1, whole(math.Ceil)},
	{"floor", 1, whole(math.Floor)},
	{"degrees", 1, math1(func(x float64) float64 { return 180 * x / math.Pi })},
	{"radians", 1, math1(func(x float64) float64 { return x * math.Pi / 180 })},
	{"pi", 0, func([]Value) (Value, error) { return floatValue(math.Pi), nil }},
}

// cString is the value as C reads it: a text ends at its first NUL.
func cString(v Value) string {
	s := v.Text // SQLite's own text for a float
	if v.Kind == tables.IntValue {
		s = v.String()
	}
	s, _, _ = strings.Cut(s, "\x00")
	return s
}

// text1 is a function of one text; NULL gives NULL.
func text1(f func(string) Value) func([]Value) (Value, error) {
	return func(args []Value) (Value, error) {
		if isNullValue(args...) {
			return Value{}, nil
		}
		return f(cString(args[0])), nil
	}
}

// lenient makes an error NULL.
func lenient(f func([]Value) (Value, error)) func([]Value) (Value, error) {
	return func(args []Value) (Value, error) {
		if v, err := f(args); err == nil {
			return v, nil
		}
		return Value{}, nil
	}
}

func fromBase64(s string) string {
	s = strings.TrimRight(strings.NewReplacer("\r", "", "\n", "").Replace(s), "=")
	b, err := base64.RawStdEncoding.DecodeString(s)
	if err != nil {
		return ""
	}
	return string(b)
}

func conditionalToBase64(s string) Value {
	for i := range len(s) {
		if s[i] < 0x20 || s[i] >= 0x7f {
			return textValue(base64.StdEncoding.EncodeToString([]byte(s)))
		}
	}
	return textValue(s)
}
