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

	"github.com/apiwatch/apiwatch/extension/sqlhost/sqlite"
	"github.com/apiwatch/apiwatch/tables"
)

// functions are osquery's SQL functions that SQLite lacks or that osquery replaces. They follow osquery's source
// (osquery/sql/sqlite_*.cpp) to the letter, where its result is odd, too. What reads files or waits is left out: carve,
// find_file_path_in_cmd, is_path_deterministic, sleep, and so is shellstatic, which belongs to osquery's own shell. So are
// osquery's collations of versions.
var functions = []sqlite.Function{
	{Name: "md5", Args: 1, Call: text1(func(s string) Value { h := md5.Sum([]byte(s)); return textValue(hex.EncodeToString(h[:])) })},
	{Name: "sha1", Args: 1, Call: text1(func(s string) Value { h := sha1.Sum([]byte(s)); return textValue(hex.EncodeToString(h[:])) })},
	{Name: "sha256", Args: 1, Call: text1(func(s string) Value { h := sha256.Sum256([]byte(s)); return textValue(hex.EncodeToString(h[:])) })},
	{Name: "community_id_v1", Args: 5, Call: lenient(communityID)},
	{Name: "community_id_v1", Args: 6, Call: lenient(communityID)},
	{Name: "community_id_v1_strict", Args: 5, Call: communityID},
	{Name: "community_id_v1_strict", Args: 6, Call: communityID},

	{Name: "to_base64", Args: 1, Call: text1(func(s string) Value { return textValue(base64.StdEncoding.EncodeToString([]byte(s))) })},
	{Name: "from_base64", Args: 1, Call: text1(func(s string) Value { return textValue(fromBase64(s)) })},
	{Name: "conditional_to_base64", Args: 1, Call: text1(conditionalToBase64)},

	{Name: "split", Args: 3, Call: splitWith(splitTokens)},
	{Name: "regex_split", Args: 3, Call: splitWith(splitRegex)},
	{Name: "regex_match", Args: 3, Call: regexMatch},
	{Name: "concat", Args: -1, Call: func(args []Value) (Value, error) { return concat("", args), nil }},
	{Name: "concat_ws", Args: -1, Call: func(args []Value) (Value, error) {
		if len(args) == 0 {
			return Value{}, errors.New("missing separator")
		}
		return concat(cString(args[0]), args[1:]), nil
	}},
	{Name: "version_compare", Args: -1, Call: versionCompareFunction},

	{Name: "inet_aton", Args: 1, Call: text1(inetAton)},
	{Name: "in_cidr_block", Args: 2, Call: inCIDRBlock},
	{Name: "parent_directory", Args: 1, Call: parentDirectory},

	{Name: "sqrt", Args: 1, Call: math1(math.Sqrt)},
	{Name: "acos", Args: 1, Call: math1(math.Acos)},
	{Name: "asin", Args: 1, Call: math1(math.Asin)},
	{Name: "atan", Args: 1, Call: math1(math.Atan)},
	{Name: "cos", Args: 1, Call: math1(math.Cos)},
	{Name: "sin", Args: 1, Call: math1(math.Sin)},
	{Name: "tan", Args: 1, Call: math1(math.Tan)},
	{Name: "cot", Args: 1, Call: math1(func(x float64) float64 { return 1 / math.Tan(x) })},
	{Name: "exp", Args: 1, Call: math1(math.Exp)},
	{Name: "log", Args: 1, Call: math1(math.Log)}, // the natural one, where SQLite's own is to base 10
	{Name: "log10", Args: 1, Call: math1(math.Log10)},
	{Name: "power", Args: 2, Call: power},
	{Name: "ceil", Args: 1, Call: whole(math.Ceil)},
	{Name: "floor", Args: 1, Call: whole(math.Floor)},
	{Name: "degrees", Args: 1, Call: math1(func(x float64) float64 { return 180 * x / math.Pi })},
	{Name: "radians", Args: 1, Call: math1(func(x float64) float64 { return x * math.Pi / 180 })},
	{Name: "pi", Args: 0, Call: func([]Value) (Value, error) { return floatValue(math.Pi), nil }},
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
