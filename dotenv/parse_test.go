package dotenv

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

// show writes a value with its references in angle brackets, operators and words within.
func show(parts []Part) string {
	var b strings.Builder
	for _, p := range parts {
		ref, ok := p.Ref()
		if !ok {
			b.WriteString(p.Text())
			continue
		}
		b.WriteString("<" + ref.Name() + ref.Op() + show(ref.Word()) + ">")
	}
	return b.String()
}

// showFile writes every entry as NAME=value, joined by |.
func showFile(f *File) string {
	var entries []string
	for _, e := range f.Entries {
		entries = append(entries, e.Name+"="+show(e.Value.Parts()))
	}
	return strings.Join(entries, "|")
}

func TestParse(t *testing.T) {
	for _, test := range []struct{ src, want string }{
		{"", ""},
		{"\n \n\t\n# only a comment", ""},
		{"A=1", "A=1"},
		{"A=1\r\nB=2\rC=3\n", "A=1|B=2|C=3"},
		{"\ufeffA=1", "A=1"},
		{"A=\nB=2", "A=|B=2"},
		{"A=1\nA=2", "A=1|A=2"},
		{"a.b=1\n-c-=2\n1_D=3", "a.b=1|-c-=2|1_D=3"},

		// Separators.
		{" \t A \t = \t 1 \t ", "A=1"},
		{"A: 1\nB:\t2\nC: \"3\" # c", "A=1|B=2|C=3"},
		{"A==1", "A==1"},
		{"\u00a0A\u00a0=\u00a01\u00a0", "A=1"},
		{"A=\u30001 2\u2003", "A=1 2"},

		// export.
		{"export A=1", "A=1"},
		{"export\tA = 1", "A=1"},
		{"export=1", "export=1"},
		{"export =1", "export=1"},
		{"export: 1", "export=1"},
		{"export export=1", "export=1"},
		{"exported=1", "exported=1"},

		// Comments.
		{"A=#fff", "A=#fff"},
		{"A= #fff", "A="},
		{"A=a#b # c # d", "A=a#b"},
		{"A=a\u00a0# c", "A=a"},
		{"A='a' # 'c'", "A=a"},
		{"A=\"a\"\t#c", "A=a"},
		{"A=it's # a 'comment", "A=it's"},

		// Single quotes.
		{`A='$B \n \$ "'`, `A=$B \n \$ "`},
		{`A='a\'b'`, `A=a\'b`},
		{`A='C:\'`, `A=C:\`},
		{"A='C:\\' \nB=2", `A=C:\|B=2`},
		{"A='C:\\' # c\nB=2", `A=C:\|B=2`},
		{`A='a\' # b'`, `A=a\' # b`},
		{`A='\'`, `A=\`},
		{`A=''`, `A=`},
		{"A='l1\r\nl2\rl3'", "A=l1\nl2\nl3"},

		// Double quotes.
		{`A="\n\r\t\"\\\$\x\'\a"`, "A=\n\r\t\"\\$\\x\\'\\a"},
		{`A="a\\nb"`, `A=a\nb`},
		{`A="C:\\"`, `A=C:\`},
		{"A=\"a\\\r\nb\"", "A=a\\\nb"},
		{"A=\"l1\n# l2\nB=3\"\nC=4", "A=l1\n# l2\nB=3|C=4"},
		{`A=" # "`, `A= # `},
		{`A="it's"`, `A=it's`},

		// Backticks.
		{"A=`\"a\" 'b' \\n \\$B $C`", "A=\"a\" 'b' \\n $B <C>"},
		{"A=`a\nb` # c", "A=a\nb"},
		{"A=`a\\`b`", "A=a\\`b"},
		{"A=`a\\`", "A=a\\"},
		{"A=`", "A=`"},
		{"A=`x # c\nB=2", "A=`x|B=2"},
		{"A=a`b", "A=a`b"},
		{"A=``", "A="},

		// Unquoted.
		{`A=a\nb\"c\\d`, `A=a\nb\"c\\d`},
		{`A=x"y"z 'q'`, `A=x"y"z 'q'`},

		// Dollars that are text.
		{`A=$`, `A=$`},
		{`A=$5 $1 ${1} $( ${ ${} ${{ x }} ${!B} ${#B} ${-x} ${ B }`, `A=$5 $1 ${1} $( ${ ${} ${{ x }} ${!B} ${#B} ${-x} ${ B }`},
		{`A=pa$$word $$ $${B} $$$$B`, `A=pa$$word $$ $${B} $$$$B`},
		{`A=$$$B`, `A=$$<B>`},
		{`A=\$B \\$B \\\$B $\{B} \$$B $\$B`, `A=$B \$B \\$B $\{B} $<B> $$B`},
		{`A="\$B \\$B \\\$B \\\\$B"`, `A=$B \<B> \$B \\<B>`},
		{`A=x$2a$10$5`, `A=x$2a$10$5`},
		{`A=$1$2`, `A=$1$2`},
		{`A=\$2b\$10\$abc`, `A=$2b$10$abc`},
		{`A='$2b$10$abc'`, `A=$2b$10$abc`},

		// References.
		{`A=$B`, `A=<B>`},
		{`A=$B.c-${D}e$_F1`, `A=<B>.c-<D>e<_F1>`},
		{`A=$y$x`, `A=<y><x>`},
		{`A=$B$C`, `A=<B><C>`},
		{`A={$B}}`, `A={<B>}}`},
		{`A=${{ $B }}`, `A=${{ <B> }}`},
		{`A=$(echo $B)`, `A=$(echo <B>)`},
		{`A=${B:-c}${B-c}${B:+c}${B+c}${B:?c}${B?c}${B:=c}${B=c}`, `A=<B:-c><B-c><B:+c><B+c><B:?c><B?c><B:-c><B-c>`},
		{`A=${B:-}${B:?}`, `A=<B:-><B:?>`},
		{`A=${B:-a:-b=c#d}`, `A=<B:-a:-b=c#d>`},
		{`A=[${B:-x${C:-y$D}z}]`, `A=[<B:-x<C:-y<D>>z>]`},
		{`A=${B:-{"a":{"b":1}}}}`, `A=<B:-{"a":{"b":1}}>}`},
		{`A=${B:-a}b}`, `A=<B:-a>b}`},
		{`A=${B:-\$C$$D$5'"}`, `A=<B:-$C$$D$5'">`},
		{"A=\"${B:-a # b\nc\\\"}\"", "A=<B:-a # b\nc\">"},
		{`A=${B:-$2a$10$x}`, `A=<B:-$2a$10<x>>`},
	} {
		file, err := Parse(".env", []byte(test.src))
		if err != nil {
			t.Errorf("%q: %v", test.src, err)
			continue
		}
		if got := showFile(file); got != test.want {
			t.Errorf("%q:\n got %q\nwant %q", test.src, got, test.want)
		}
	}
}

func TestParseErrors(t *testing.T) {
	const (
		assign   = "write NAME=value or NAME: value, and put a value of several lines in quotes"
		comment  = "a comment starts with #"
		conflict = "the file holds a merge conflict: resolve it"
		unclosed = `close it; in double quotes \" is a quote, and a backslash at the end is \\`
		once     = "close every quote once; a comment needs a blank before its #"
		brace    = `close it, or write \${ for the plain text`
		ops      = `supported are ${NAME}, :- - :+ + :? ? := and =; write \${ for the plain text`
		hash     = "put it in single quotes"
	)
	hashes := "A: the value looks like a password hash, and its $ would be taken for references"
	for _, test := range []struct{ src, want, hint string }{
		{"; c", ".env:1:1: not an assignment", comment},
		{"// c", ".env:1:1: not an assignment", comment},
		{"A=1\n  A B=s3cret", ".env:2:3: not an assignment", assign},
		{"[x]", ".env:1:1: not an assignment", assign},
		{"A+=1", ".env:1:1: not an assignment", assign},
		{"A[0]=1", ".env:1:1: not an assignment", assign},
		{"A$=1", ".env:1:1: not an assignment", assign},
		{"=1", ".env:1:1: not an assignment", assign},
		{": 1", ".env:1:1: not an assignment", assign},
		{"\"A\"=1", ".env:1:1: not an assignment", assign},
		{"A:1", ".env:1:1: not an assignment", assign},
		{"A:", ".env:1:1: not an assignment", assign},
		{"A : 1", ".env:1:1: not an assignment", assign},
		{"set A=1", ".env:1:1: not an assignment", assign},
		{"export A B", ".env:1:8: not an assignment", assign},
		{"export -n A", ".env:1:8: not an assignment", assign},
		{"FOO#c", ".env:1:1: not an assignment", assign},
		{"\ufeff\ufeffA=1", ".env:1:1: not an assignment", assign},
		{"<<<<<<< HEAD\nA=1", ".env:1:1: not an assignment", conflict},
		{"A=1\n=======\n", ".env:2:1: not an assignment", conflict},
		{">>>>>>> x", ".env:1:1: not an assignment", conflict},
		{"-----BEGIN KEY-----\nabc", ".env:1:1: not an assignment", "write NAME= before it, and put a value of several lines in quotes"},
		{"A=-----BEGIN KEY-----\nab+c", ".env:2:1: not an assignment", assign},

		{"X=1\nA='s3cret\nB=2", `.env:2:3: A: the quote ' that opens here is never closed`, unclosed},
		{`A="C:\"`, `.env:1:3: A: the quote " that opens here is never closed`, unclosed},
		{"A=\"\\", `.env:1:3: A: the quote " that opens here is never closed`, unclosed},
		{"A= 'x\"", `.env:1:4: A: the quote ' that opens here is never closed`, unclosed},
		{"A=\"x\nB=\"s3cret\"\n", `.env:2:4: A: text after the quote " that closes the one opened on line 1`, once},
		{`A="""`, `.env:1:5: A: text after the quote " that closes the one opened on line 1`, once},
		{`A='x'"y"`, `.env:1:6: A: text after the quote ' that closes the one opened on line 1`, once},
		{`A="x"#c`, `.env:1:6: A: text after the quote " that closes the one opened on line 1`, once},
		{"A=`x` y", ".env:1:6: A: text after the quote ` that closes the one opened on line 1", once},

		{"A=x${B", ".env:1:4: A: no closing } for the ${ here", brace},
		{"A=${B s3cret", ".env:1:3: A: no closing } for the ${ here", brace},
		{"A=${B:-a # b}", ".env:1:3: A: no closing } for the ${ here", brace},
		{"A=${B:-${C}", ".env:1:3: A: no closing } for the ${ here", brace},
		{"A=${B:-{}", ".env:1:3: A: no closing } for the ${ here", brace},
		{"A=\"l1\n${B\"", ".env:2:1: A: no closing } for the ${ here", brace},
		{"A=${B:-\n}", ".env:1:3: A: no closing } for the ${ here", brace},
		{"A=${B/x/y}", ".env:1:3: A: what follows the name in ${…} is not supported", ops},
		{"A=${B:0:2}", ".env:1:3: A: what follows the name in ${…} is not supported", ops},
		{"A=${B:}", ".env:1:3: A: what follows the name in ${…} is not supported", ops},
		{"A=${B^^}", ".env:1:3: A: what follows the name in ${…} is not supported", ops},
		{"A=${a.b}", ".env:1:3: A: what follows the name in ${…} is not supported", ops},
		{"A=${B }", ".env:1:3: A: what follows the name in ${…} is not supported", ops},
		{"A=${B:-${C%x}}", ".env:1:8: A: what follows the name in ${…} is not supported", ops},

		{"A=$2b$10$N9qo", ".env:1:3: " + hashes, hash},
		{`A="$2a$10$N9qo"`, ".env:1:4: " + hashes, hash},
		{"A=`$2y$10$N9qo`", ".env:1:4: " + hashes, hash},
		{"A=$argon2id$v=19$m=65536,t=3,p=4$c29t$abc", ".env:1:3: " + hashes, hash},
		{"A=$6$salt$hash", ".env:1:3: " + hashes, hash},
		{"A=$apr1$salt$hash", ".env:1:3: " + hashes, hash},
		{"A=$pbkdf2-sha256$29000$salt$hash", ".env:1:3: " + hashes, hash},
		{"A=$y$j9T$salt$hash", ".env:1:3: " + hashes, hash},
		{"A=$5$saltsaltsalt$hashhashhashhash", ".env:1:3: " + hashes, hash},

		{"A=1\nB=\x00", ".env:2:3: a NUL byte: this is no text in UTF-8", "save the file as UTF-8"},
		{"\xff\xfeA\x00=\x001\x00", ".env:1:4: a NUL byte: this is no text in UTF-8", "save the file as UTF-8"},
	} {
		file, err := Parse(".env", []byte(test.src))
		var syntax *SyntaxError
		if !errors.As(err, &syntax) || file != nil {
			t.Errorf("%q: no syntax error, but %v", test.src, err)
			continue
		}
		if err.Error() != test.want {
			t.Errorf("%q:\n got %s\nwant %s", test.src, err, test.want)
		}
		if syntax.Hint() != test.hint {
			t.Errorf("%q: the hint is %q, want %q", test.src, syntax.Hint(), test.hint)
		}
	}
}

func TestNesting(t *testing.T) {
	nested := func(n int) []byte {
		return []byte("A=" + strings.Repeat("${B:-", n) + strings.Repeat("}", n))
	}
	if _, err := Parse(".env", nested(maxNesting)); err != nil {
		t.Error(err)
	}
	want := ".env:1:503: A: references are nested more than 100 deep"
	if _, err := Parse(".env", nested(1_000_000)); err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestWarnings(t *testing.T) {
	const (
		glued = "a # without a blank before it is part of the value: quote the value to make that plain"
		alone = "a name without a value is skipped: NAME= sets the empty value"
	)
	for _, test := range []struct {
		src  string
		want []string
	}{
		{"A=a # b\nB='a#b'\nC=\"a#b\"", nil},
		{"X=1\n A=pa#ss#word", []string{".env:2:4: A: " + glued}},
		{"A=#fff # c", []string{".env:1:3: A: " + glued}},
		{"export FOO # c", []string{".env:1:8: FOO: " + alone}},
		{"export", []string{".env:1:1: " + alone}},
		// It may be a line of a key that lost its quotes.
		{"A=1\nMIIEowIBAAKCAQEA\nFOO", []string{".env:2:1: " + alone, ".env:3:1: " + alone}},
	} {
		file, err := Parse(".env", []byte(test.src))
		if err != nil {
			t.Errorf("%q: %v", test.src, err)
			continue
		}
		var got []string
		for _, w := range file.Warnings {
			got = append(got, w.String())
		}
		if fmt.Sprint(got) != fmt.Sprint(test.want) {
			t.Errorf("%q:\n got %q\nwant %q", test.src, got, test.want)
		}
	}
}

func TestPositions(t *testing.T) {
	file, err := Parse("x/.env", []byte("\ufeffA=1\r\n\r\n  export B=\"é\r\n $X\" # c\nC='\n'\nD=ü$Y${Z:-\t$W}\n"))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range file.Entries {
		got = append(got, fmt.Sprintf("%s %s:%d:%d", e.Name, e.File, e.Line, e.Column))
		var walk func(parts []Part)
		walk = func(parts []Part) {
			for _, p := range parts {
				if ref, ok := p.Ref(); ok {
					got = append(got, fmt.Sprintf("$%s %d:%d", ref.Name(), ref.Line(), ref.Column()))
					walk(ref.Word())
				}
			}
		}
		walk(e.Value.Parts())
	}
	want := "A x/.env:1:1, B x/.env:3:10, $X 4:2, C x/.env:5:1, D x/.env:7:1, $Y 7:5, $Z 7:7, $W 7:13"
	if got := strings.Join(got, ", "); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}

// What costs quadratic time in a careless parser costs none here: each of these
// takes milliseconds, and minutes if it does.
func TestParseIsLinear(t *testing.T) {
	const n = 1 << 20
	for name, src := range map[string]string{
		"references on one line": "A=" + strings.Repeat("$B", n),
		"references over lines":  "A=\"" + strings.Repeat("$B\n", n) + "\"",
		"escaped quotes":         "A='" + strings.Repeat(`\'x`, n) + "'",
		"escaped backticks":      "A=`" + strings.Repeat("\\`x", n),
		"backslashes":            "A=\"" + strings.Repeat(`\\`, n) + "\"",
		"hashes":                 "A=" + strings.Repeat("#", n),
		"quotes before comments": "A='" + strings.Repeat(`\' #`, n) + "'",
		"blanks":                 "A=" + strings.Repeat(" ", n),
		"wide blanks":            "A=x" + strings.Repeat("\u3000", n),
		"carriage returns":       strings.Repeat("\r", n),
		"open braces":            "A=" + strings.Repeat("${", n),
		"lone backticks":         strings.Repeat("A=`\n", n),
	} {
		start := time.Now()
		_, err := Parse(".env", []byte(src))
		if took := time.Since(start); took > 10*time.Second {
			t.Errorf("%s: took %v (%v)", name, took, err)
		}
	}
}
