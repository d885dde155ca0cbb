package override

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aside-cli/aside/sources"
)

var good = []struct {
	name, src string
	want      [][2]string
}{
	{"empty", "", nil},
	{"comments alone", "// a\n\n\t// b", nil},
	{"comment after", "A: \"x\" // c\n// d\nB: \"y // no comment\"", [][2]string{{"A", "x"}, {"B", "y // no comment"}}},
	{"comment between", "A: // c\n\t\"x\"", [][2]string{{"A", "x"}}},
	{"commas", `A: "x", B: "y",` + "\nC: \"z\",\n", [][2]string{{"A", "x"}, {"B", "y"}, {"C", "z"}}},
	{"spaces and CRLF", "\r\n  A\t:   \"x\"\r\n\r\nB:\r\n  \"y\"\r\n", [][2]string{{"A", "x"}, {"B", "y"}}},
	{"BOM", "\ufeffA: \"x\"", [][2]string{{"A", "x"}}},
	{"quoted names", `"A": "x", "_b": "y"`, [][2]string{{"A", "x"}, {"_b", "y"}}},
	{"keywords as names", `true: "x", null: "y", for: "z", if: "", let: "", package: "", import: ""`,
		[][2]string{{"true", "x"}, {"null", "y"}, {"for", "z"}, {"if", ""}, {"let", ""}, {"package", ""}, {"import", ""}}},
	{"empty strings", `A: "", B: #""#` + "\nC: \"\"\"\n\"\"\"\nD: ##\"\"##", [][2]string{{"A", ""}, {"B", ""}, {"C", ""}, {"D", ""}}},
	{"to the letter", `A: "$B ${B} %d 'q' <&> ü 日本 🔑"`, [][2]string{{"A", "$B ${B} %d 'q' <&> ü 日本 🔑"}}},
	{"escapes", `A: "\a\b\f\n\r\t\v\\\/\"|\u00e9\u65e5\U0001F511"`, [][2]string{{"A", "\a\b\f\n\r\t\v\\/\"|é日🔑"}}},
	{"surrogates", `A: "\ud83d\udd11", B: "\U0000d83d\U0000dd11", C: #"\#ud83d\#udd11"#`, [][2]string{{"A", "🔑"}, {"B", "🔑"}, {"C", "🔑"}}},
	{"raw", `A: #"C:\new "x" \u0041 \(y)"#, B: #"\#n\\"#`, [][2]string{{"A", `C:\new "x" \u0041 \(y)`}, {"B", "\n\\\\"}}},
	{"raw twice", `A: ##"a"#b\#n\##n"##`, [][2]string{{"A", "a\"#b\\#n\n"}}},
	{"raw quotes", `A: #"""#, B: #""x""#, C: ##"""##`, [][2]string{{"A", `"`}, {"B", `"x"`}, {"C", `"`}}},
	{"raw backslash at the end", `A: #"C:\"#`, [][2]string{{"A", `C:\`}}},
	{"lines", "A: \"\"\"\n\tone\n\t  two\n\n\t\\tthree \"\" \\\"\"\"\n\t\"\"\"\nB: \"y\"", [][2]string{{"A", "one\n  two\n\n\tthree \"\" \"\"\""}, {"B", "y"}}},
	{"lines with CRLF", "A: \"\"\"\r\n  one\r\n\r\n  two\\r\r\n  \"\"\"\r\n", [][2]string{{"A", "one\n\ntwo\r"}}},
	{"one empty line", "A: \"\"\"\n\n\"\"\"", [][2]string{{"A", ""}}},
	{"lines that end", "A: \"\"\"\nx\n\n\"\"\"", [][2]string{{"A", "x\n"}}},
	{"raw lines", "A: #\"\"\"\n  -----BEGIN \\n\n  \"\"\"\n  \\#u0041\n  \"\"\"#", [][2]string{{"A", "-----BEGIN \\n\n\"\"\"\nA"}}},
	{"quotes within a line", "A: \"\"\"\n x\"\"\"y\n \"\"\"", [][2]string{{"A", "x\"\"\"y"}}},
}

func TestParse(t *testing.T) {
	for _, test := range good {
		values, err := parse([]byte(test.src))
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		var got [][2]string
		for _, v := range values {
			got = append(got, [2]string{v.Name, v.Secret.Reveal()})
		}
		if fmt.Sprintf("%q", got) != fmt.Sprintf("%q", test.want) {
			t.Errorf("%s: got %q, want %q", test.name, got, test.want)
		}
	}
}

func TestParseOrigin(t *testing.T) {
	values, err := parse([]byte("\ufeff// c\n  \"A\": \"\"\"\n\tx\n\t\"\"\", B: \"y\"\n"))
	if err != nil || len(values) != 2 {
		t.Fatal(values, err)
	}
	for i, want := range []string{".secrets.local.cue:2:3", ".secrets.local.cue:4:7"} {
		o := values[i].Origin
		if got := fmt.Sprintf("%s:%d:%d", o.Source, o.Line, o.Column); got != want {
			t.Errorf("value %d is at %s, want %s", i, got, want)
		}
	}
}

const (
	notUTF8    = "save the file as UTF-8 text"
	noName     = "a name starts with a letter or _, then come letters, digits and _, 256 at most"
	noEscape   = `characters are written \uNNNN or \UNNNNNNNN, a backslash \\`
	noValue    = "nothing is computed here: write the value as one string"
	inQuotes   = `write it in double quotes: K: "…"`
	notAName   = "the name cannot be that of a variable"
	noPair     = "this is no pair of a name and a value"
	noPairs    = noPair + ": imports, packages and expressions are not supported"
	onlyComma  = "K: only a comma, a comment or a new line may follow the value"
	hiddenName = "without quotes, a name with _ or # in front is a hidden field or a definition in CUE"
	hiddenHint = `put the name in quotes: "_NAME": "value"`
)

// In every one of these hunter2 is the value, or a piece of it.
var bad = []struct{ src, want, hint string }{
	// No pairs.
	{`package hunter2`, "1:1: " + noPairs, pairHint},
	{"import \"hunter2\"", "1:1: " + noPairs, pairHint},
	{"import (\n\"hunter2\"\n)", "1:1: " + noPairs, pairHint},
	{`let K = "hunter2"`, "1:1: " + noPairs, pairHint},
	{`for x in ["hunter2"] {K: x}`, "1:1: " + noPairs, pairHint},
	{`if true {K: "hunter2"}`, "1:1: " + noPairs, pairHint},
	{`hunter2`, "1:1: " + noPairs, pairHint},
	{"K: \"x\"\nhunter2", "2:1: " + noPairs, pairHint},
	{`"hunter2"`, "1:1: " + noPairs, pairHint},
	{`K "hunter2"`, "1:1: " + noPairs, pairHint},
	{`{K: "hunter2"}`, "1:1: " + noPair, pairHint},
	{`[string]: "hunter2"`, "1:1: " + noPair, pairHint},
	{`("K"): "hunter2"`, "1:1: " + noPair, pairHint},
	{`"\(K)": "hunter2"`, "1:1: " + noPair, pairHint},
	{`...`, "1:1: " + noPair, pairHint},
	{`@hunter2(x)`, "1:1: " + noPair, pairHint},
	{"// c\n\n @hunter2(x)", "3:2: " + noPair, pairHint},
	{"K: \"x\" // c\n@hunter2(x)", "2:1: " + noPair, pairHint},
	{`K: @hunter2(x)`, "1:4: K: the value is not a string", inQuotes},
	{`, K: "hunter2"`, "1:1: " + noPair, pairHint},
	{`K: "x",, L: "hunter2"`, "1:8: " + noPair, pairHint},
	{`: "hunter2"`, "1:1: " + noPair, pairHint},
	{`5: "hunter2"`, "1:1: " + noPair, pairHint},
	{`'K': "hunter2"`, "1:1: " + notAName, noName},
	{`#"K"#: "hunter2"`, "1:1: " + notAName, noName},
	{`"\u0041": "hunter2"`, "1:1: " + notAName, noName},
	{"\"\"\"\n  K\n  \"\"\": \"hunter2\"", "1:1: " + notAName, noName},
	{"\"K\r\": \"hunter2\"", "1:1: " + notAName, noName},
	{`K = "hunter2"`, "1:3: a colon stands between name and value, no =", pairHint},
	{"L: \"x\"\n K=\"hunter2\"", "2:3: a colon stands between name and value, no =", pairHint},
	{`X=K: "hunter2"`, "1:2: a colon stands between name and value, no =", pairHint},
	{`K?: "hunter2"`, "1:2: a value cannot be optional or required", pairHint},
	{`K!: "hunter2"`, "1:2: a value cannot be optional or required", pairHint},
	{`K.L: "hunter2"`, "1:1: " + noPairs, pairHint},

	// Names.
	{`_K: "hunter2"`, "1:1: " + hiddenName, hiddenHint},
	{`#K: "hunter2"`, "1:1: " + hiddenName, hiddenHint},
	{`_#K: "hunter2"`, "1:1: " + hiddenName, hiddenHint},
	{`$K: "hunter2"`, "1:1: " + notAName, noName},
	{`größe: "hunter2"`, "1:1: " + notAName, noName},
	{`"a-hunter2": "x"`, "1:1: " + notAName, noName},
	{`"K=hunter2": "x"`, "1:1: " + notAName, noName},
	{`"": "hunter2"`, "1:1: " + notAName, noName},
	{strings.Repeat("K", 257) + `: "hunter2"`, "1:1: " + notAName, noName},
	{"K: \"hunter2\"\n\n  K: \"hunter2\"", "3:3: K: duplicate of line 1", "remove one of the two"},
	{`K: "x", "K": "hunter2"`, "1:9: K: duplicate of line 1", "remove one of the two"},

	// Values.
	{`K: 'hunter2'`, "1:4: K: the value is bytes, not a string", `write it in double quotes; a \xNN in it as \u00NN`},
	{"K: #'''\n  hunter2\n  '''#", "1:4: K: the value is bytes, not a string", `write it in double quotes; a \xNN in it as \u00NN`},
	{`K: "hunter2 \(x)"`, `1:4: K: the value holds an interpolation, \(…)`, `nothing is computed here: write \\( for a backslash and a parenthesis, or a raw string, #"…"#`},
	{"K: #\"\"\"\n  \\#(hunter2)\n  \"\"\"#", `1:4: K: the value holds an interpolation, \(…)`, `nothing is computed here: write \\( for a backslash and a parenthesis, or a raw string, #"…"#`},
	{`K: 12345`, "1:4: K: the value is a number, not a string", inQuotes},
	{`K: -1.5`, "1:4: K: the value is a number, not a string", inQuotes},
	{`K: true`, "1:4: K: the value is a boolean, not a string", inQuotes},
	{`K: null`, "1:4: K: the value is null, not a string", `leave the pair out, or write an empty string: K: ""`},
	{`K: {L: "hunter2"}`, "1:4: K: the value is a struct, not a string", `a value that is JSON goes into a raw string: K: #"{…}"#`},
	{`K: ["hunter2"]`, "1:4: K: the value is a list, not a string", `a value that is JSON goes into a raw string: K: #"[…]"#`},
	{`K: hunter2`, "1:4: K: the value is a reference, not a string", inQuotes},
	{`K: L: "hunter2"`, "1:4: K: the value is a reference, not a string", inQuotes},
	{`K: string`, "1:4: K: the value is a reference, not a string", inQuotes},
	{"K:", "1:3: K: the value is missing", `an empty one is written K: ""`},
	{`K: , L: "hunter2"`, "1:4: K: the value is missing", `an empty one is written K: ""`},
	{`K: *"hunter2" | string`, "1:4: K: the value is not a string", inQuotes},
	{`K: ("hunter2")`, "1:4: K: the value is not a string", inQuotes},
	{`K: _|_`, "1:4: K: the value is not a string", inQuotes},
	{`K: =~"hunter2"`, "1:4: K: the value is not a string", inQuotes},
	{`K: "hunter2" & "hunter2"`, "1:14: " + onlyComma, noValue},
	{`K: "hunter2" | "x"`, "1:14: " + onlyComma, noValue},
	{`K: "hunter2" + L`, "1:14: " + onlyComma, noValue},
	{`K: "hunter2" "x"`, "1:14: " + onlyComma, noValue},
	{`K: "hunter2": "x"`, "1:13: " + onlyComma, noValue},
	{`K: "hunter2" L: "x"`, "1:14: " + onlyComma, noValue},
	{`K: "hunter2" @tag(x)`, "1:14: " + onlyComma, noValue},
	{`K: "hunter2";`, "1:13: " + onlyComma, noValue},
	{`K: "hunter2\u0000"`, "1:4: K: the value holds a NUL at byte 8: no environment variable can", "encode it first, with base64 for example"},
	{`K: "` + strings.Repeat("x", 65537) + `"`, "1:4: K: the value is 65537 bytes long: a secret holds at most 65536", "keep the file elsewhere and store where it is"},

	// Strings.
	{"K: \"hunter2\nL: \"x\"", "1:4: K: the string that starts here never ends", `close it with the same quotes; over several lines it takes """`},
	{"K: \"hunter2", "1:4: K: the string that starts here never ends", `close it with the same quotes; over several lines it takes """`},
	{"K: \"\"\"\n  hunter2", "1:4: K: the string that starts here never ends", `close it with the same quotes; over several lines it takes """`},
	{"K: \"\"\"\n  hunter2\"\"\"", "1:4: K: the string that starts here never ends", `close it with the same quotes; over several lines it takes """`},
	{"K: \"\"\"hunter2\"\"\"", `1:4: K: the text of a string in """ starts on the next line`, `break the line after """`},
	{"K: \"\"\"\n hunter2\n  \"\"\"", `1:4: K: a line of the string is indented less than the """ that close it`, `indent every line at least as far as the closing """`},
	{`K: "hunter2\d"`, "1:13: K: the string holds an unknown escape", `write \\ for a backslash, or a raw string, #"…"#`},
	{`K: "C:\hunter2"`, "1:8: K: the string holds an unknown escape", `write \\ for a backslash, or a raw string, #"…"#`},
	{`K: "hunter2\'"`, "1:13: K: the string holds an unknown escape", `write \\ for a backslash, or a raw string, #"…"#`},
	{"K: \"\"\"\n  hunter2\\\n  \"\"\"", "2:11: K: the string holds an unknown escape", `write \\ for a backslash, or a raw string, #"…"#`},
	{`K: "hunter2\x41"`, "1:13: K: the string holds a malformed escape", noEscape},
	{`K: "hunter2\101"`, "1:13: K: the string holds a malformed escape", noEscape},
	{`K: "hunter2\u12"`, "1:16: K: the string holds a malformed escape", noEscape},
	{`K: "hunter2\U00110000"`, "1:13: K: the string holds a malformed escape", noEscape},
	{`K: "hunter2\ud83d"`, "1:4: K: the string holds one half of a surrogate pair", `write both halves, or \U and the eight digits of the character`},
	{`K: "hunter2\udd11\ud83d"`, "1:4: K: the string holds one half of a surrogate pair", `write both halves, or \U and the eight digits of the character`},
	{`K: "hunter2\ud83dudd11"`, "1:4: K: the string holds one half of a surrogate pair", `write both halves, or \U and the eight digits of the character`},
	{"K: \"hunter2\r\"", "1:4: K: the string holds a carriage return", `write it as \r`},

	// Text.
	{"K: \"hunter2\xff\"", "1:12: K: the file is not UTF-8", notUTF8},
	{"K: \"hunter2\x00\"", "1:12: K: the file holds a NUL", notUTF8},
	{"K\x00:\x00", "1:2: the file holds a NUL", notUTF8},
	{"K: \"x\ufeff\"", "1:6: K: the file holds a byte order mark in its midst", "remove it"},
	{"K: \"x\"\n% hunter2", "2:1: this cannot be read as CUE", pairHint},
	{"K: \"x\"\n/* hunter2 */", "2:1: " + noPair, pairHint},
}

func TestParseErrors(t *testing.T) {
	for _, test := range bad {
		values, err := parse([]byte(test.src))
		short := fmt.Sprintf("%.60q", test.src)
		if err == nil || values != nil {
			t.Errorf("%s: no error", short)
			continue
		}
		if got := strings.TrimPrefix(err.Error(), Name+":"); got != test.want {
			t.Errorf("%s:\n got %s\nwant %s", short, got, test.want)
		}
		if got := sources.HintOf(err); got != test.hint {
			t.Errorf("%s:\n got hint %s\nwant hint %s", short, got, test.hint)
		}
		if strings.Contains(err.Error()+sources.HintOf(err), "hunter2") {
			t.Errorf("%s: the value is in %v (%s)", short, err, sources.HintOf(err))
		}
	}
}

// CUE's scanner reads the text of an attribute recursively, in quadratic time.
func TestParseDeep(t *testing.T) {
	for _, piece := range []string{"(", "[", "{", "@a(", `"\(`, "K:"} {
		for _, start := range []string{"", "K: ", "@a("} {
			if _, err := parse([]byte(start + strings.Repeat(piece, MaxFile/len(piece)))); err == nil {
				t.Errorf("%s and many %s: no error", start, piece)
			}
		}
	}
}
