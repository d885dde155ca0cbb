package dotenv

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

func TestNothingIsPrintedByAccident(t *testing.T) {
	file, err := Parse(".env", []byte("A='s3cret'\nB=s3cret$s3cret${s3cret:-s3cret}"))
	if err != nil {
		t.Fatal(err)
	}
	a, b := file.Entries[0].Value, file.Entries[1].Value
	ref, ok := b.Parts()[1].Ref()
	if !ok || ref.Name() != "s3cret" {
		t.Fatalf("the second part is no reference to s3cret")
	}
	type nested struct{ hidden any }
	for _, v := range []any{file, file.Entries, file.Entries[0], a, &a, b, b.Parts(), b.Parts()[0], ref, &ref,
		nested{a}, nested{b.Parts()}, nested{&ref}, struct{ v Value }{b}, struct{ r Ref }{ref}, struct{ p *Part }{&b.Parts()[0]},
		map[string]Value{"k": b}} {
		var out bytes.Buffer
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t"} {
			fmt.Fprintf(&out, verb+"\n", v)
		}
		fmt.Fprintln(&out, v)
		encoded, _ := json.Marshal(v)
		out.Write(encoded)
		slog.New(slog.NewTextHandler(&out, nil)).Info("m", "v", v)
		slog.New(slog.NewJSONHandler(&out, nil)).Info("m", "v", v)
		text := strings.ToLower(out.String())
		if strings.Contains(text, "s3cret") || strings.Contains(text, fmt.Sprintf("%x", "s3cret")) {
			t.Errorf("%T is printed as %s", v, text)
		}
	}
	if got := fmt.Sprint(a, ref, b.Parts()[0]); got != "[redacted] [redacted] [redacted]" {
		t.Errorf("printed as %s", got)
	}
}

func TestLiteral(t *testing.T) {
	file, err := Parse(".env", []byte(`A=x`+"\n"+`B="a\$b"`+"\n"+`C=a$b`))
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []struct {
		text string
		ok   bool
	}{{"x", true}, {"a$b", true}, {"", false}} {
		if text, ok := file.Entries[i].Value.Literal(); text != want.text || ok != want.ok {
			t.Errorf("%s: got %q, %v", file.Entries[i].Name, text, ok)
		}
	}
	var zero Value
	if text, ok := zero.Literal(); text != "" || !ok {
		t.Errorf("the zero value is %q, %v", text, ok)
	}
}
