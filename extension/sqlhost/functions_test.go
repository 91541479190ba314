package sqlhost

import (
	"strings"
	"testing"
)

// TestFunctions holds results against osquery's own tests and documentation.
func TestFunctions(t *testing.T) {
	db := openWith(t)
	for sql, want := range map[string]string{
		"md5('test')":           "098f6bcd4621d373cade4e832627b4f6",
		"sha1('test')":          "a94a8fe5ccb19ba61c4c0873d391e987982fbbd3",
		"sha256('test')":        "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
		"sha256(NULL)":          "NULL",
		"sha256(12)":            "6b51d431df5d7f141cbececcf79edf3dd861c3b4069f0b11661a3eefacbba918",
		"md5(1.5) = md5('1.5')": "1",
		"md5(CAST(x'610062' AS TEXT)) = md5('a')":                           "1", // as C reads it
		"to_base64('hello')":                                                "aGVsbG8=",
		"to_base64('')":                                                     "",
		"from_base64('aGVsbG8=')":                                           "hello",
		"from_base64('aGVs\nbG8')":                                          "hello",
		"from_base64('!')":                                                  "",
		"conditional_to_base64('plain text')":                               "plain text",
		"conditional_to_base64('tab' || char(9))":                           "dGFiCQ==",
		"to_base64(NULL)":                                                   "NULL",
		"split('192.168.0.1', '.', 1)":                                      "168",
		"split('192.168.0.1', '.0', 2)":                                     "1",
		"split('/usr//bin/x ', '/', 2)":                                     "x",
		"split('a,b', ',', 2)":                                              "NULL",
		"split('a,b', ',', -1)":                                             "NULL",
		"split('', ',', 0)":                                                 "NULL",
		"split(NULL, ',', 0)":                                               "NULL",
		"split('a', '', 0)":                                                 "error",
		"regex_split('192.168.0.1', '\\.0', 0)":                             "192.168",
		"regex_split('a1b22c', '[0-9]+', 2)":                                "c",
		"regex_split('a1', '[0-9]+', 1)":                                    "NULL",
		"regex_split('1a', '[0-9]+', 0)":                                    "",
		"regex_match('hello world', 'o (w)', 0)":                            "o w",
		"regex_match('hello world', 'o (w)', 1)":                            "w",
		"regex_match('hello world', 'o (w)', 2)":                            "NULL",
		"regex_match('hello world', 'o (w)', -1)":                           "NULL",
		"regex_match('hello', 'x*', 0)":                                     "",
		"regex_match('hello', 'x', 0)":                                      "NULL",
		"regex_match(NULL, 'x', 0)":                                         "NULL",
		"regex_match('x', '(', 0)":                                          "error",
		"regex_match('x', '(?i)X', 0)":                                      "error", // Go would take it, osquery would not
		"regex_match('x', '\\Ax', 0)":                                       "error",
		"regex_match('\\Ax', '\\\\Ax', 0)":                                  "\\Ax",
		"regex_match('x', 'x(?=y)', 0)":                                     "error",
		"regex_match('x', printf('%.300c', 'x'), 0)":                        "error",
		"concat('a', NULL, 1, 'b')":                                         "a1b",
		"concat()":                                                          "NULL",
		"concat_ws(',', 'a', NULL, 'b')":                                    "a,b",
		"concat_ws(',', 'a', NULL)":                                         "a,", // osquery's oddity
		"concat_ws(NULL, 'a', 'b')":                                         "ab",
		"concat_ws(',')":                                                    "NULL",
		"inet_aton('1.2.3.4')":                                              "16909060",
		"inet_aton('255.255.255.255')":                                      "4294967295",
		"inet_aton('::1')":                                                  "NULL",
		"inet_aton('1.2.3')":                                                "NULL",
		"in_cidr_block('198.51.100.0/24', '198.51.100.7')":                  "1",
		"in_cidr_block('198.51.100.0/24', '198.51.100.0')":                  "0", // not a host
		"in_cidr_block('198.51.100.0/24', '198.51.100.255')":                "0",
		"in_cidr_block('198.51.100.9/24', '198.51.101.7')":                  "0",
		"in_cidr_block('10.0.0.1/32', '10.0.0.1')":                          "1",
		"in_cidr_block('0.0.0.0/0', '10.0.0.1')":                            "1",
		"in_cidr_block('2001:db8::/32', '2001:db8::1')":                     "1",
		"in_cidr_block('2001:db8::/32', '2001:db9::1')":                     "0",
		"in_cidr_block('10.0.0.0/8', '::1')":                                "error",
		"in_cidr_block('10.0.0.0/33', '10.0.0.1')":                          "error",
		"in_cidr_block('10.0.0.0/8', 'x')":                                  "error",
		"in_cidr_block('10.0.0.0/8', NULL)":                                 "error",
		"community_id_v1('66.35.250.204', '128.232.110.120', 80, 34855, 6)": "1:LQU9qZlK+B5F3KDmev6m5PMibrg=",
		"community_id_v1('66.35.250.204', '2001:0:3238:DFE1:63::FEFB', 80, 2347, 6)":   "1:rxU6O+b2d9kbSWjRmVDoBbowx6g=",
		"community_id_v1('66.35.250.204','2001:0:3238:DFE1:63::FEFB',80,2347,6,37)":    "1:jmJ2ORP31di4mtsQPIKzyoEb3yo=",
		"community_id_v1_strict('192.168.1.52', '8.8.8.8', 54585, 53, 17, 1)":          "1:Q9We8WO3piVF8yEQBNJF4uiSVrI=",
		"community_id_v1_strict('8.8.8.8', '192.168.1.52', 53, 54585, 17, 1)":          "1:Q9We8WO3piVF8yEQBNJF4uiSVrI=",
		"community_id_v1('192.168.1.52', 'foo', 10, 53, 17, 0)":                        "NULL",
		"community_id_v1_strict('192.168.1.52', 'foo', 10, 53, 17, 0)":                 "error",
		"community_id_v1_strict('192.168.1.52', '192.168.1.1', 10, 53, 17, 100000000)": "error",
		"parent_directory('/usr/bin/x')":                                               "/usr/bin",
		"parent_directory('/x')":                                                       "",
		"parent_directory('x')":                                                        "NULL",
		"parent_directory(NULL)":                                                       "error",
		"version_compare('1.0', '<', '1.1')":                                           "1",
		"version_compare('1.10', '<', '1.9')":                                          "0", // 1.10 is longer within the segment, so greater
		"version_compare('1.10', '>', '1.9')":                                          "1",
		"version_compare('1.0', '=', '1.0')":                                           "1",
		"version_compare('1.0', '>=', '1.0')":                                          "1",
		"version_compare('1.0', '<', '1.0')":                                           "0",
		"version_compare('', '<', '1')":                                                "1",
		"version_compare('1:1.0', '>', '2.0', 1)":                                      "1",
		"version_compare('1.0~rc1', '<', '1.0', 1, 1, 1, 0)":                           "1",
		"version_compare('1.0', '!', '1')":                                             "error",
		"version_compare('1.0', '<')":                                                  "error",
		"sqrt(16)":                                                                     "4",
		"sqrt(NULL)":                                                                   "NULL",
		"sqrt('16x')":                                                                  "4",
		"sqrt(-1)":                                                                     "error",
		"log(exp(2.0))":                                                                "2",
		"log(0)":                                                                       "error",
		"log10(1000)":                                                                  "3",
		"exp(10000)":                                                                   "error",
		"power(2, 10)":                                                                 "1024",
		"power(-8, 0.5)":                                                               "error",
		"ceil(1.2)":                                                                    "2",
		"ceil(7)":                                                                      "7",
		"floor(-1.2)":                                                                  "-2",
		"typeof(floor(1.5))":                                                           "integer",
		"acos(2)":                                                                      "error",
		"round(pi(), 5)":                                                               "3.14159",
		"round(degrees(pi()), 3)":                                                      "180",
		"round(cot(1), 5)":                                                             "0.64209",
	} {
		got, err := db.QueryAll(t.Context(), "SELECT "+sql)
		text := "error"
		if err == nil {
			text = got.Rows[0][0].String()
			if got.Rows[0][0].Kind == 0 {
				text = "NULL"
			}
		}
		if text != want {
			t.Errorf("%s is %q, want %q (%v)", sql, text, want, err)
		}
	}
	// A pattern made of data does not fill the memory.
	for i := range 3000 {
		if _, err := compileRegex(strings.Repeat("x", i%200) + string(rune('a'+i%26))); err != nil {
			t.Fatal(err)
		}
	}
	if len(regexes.m) > 1024 {
		t.Errorf("%d expressions are kept", len(regexes.m))
	}
}
