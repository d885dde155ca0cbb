package sst

import (
	"bytes"
	"compress/gzip"
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"encoding/json"
	"io"
	"maps"
	"os"
	"testing"
)

// A reference is an object that testdata/objects.py made.
type reference struct {
	Name, Passphrase string
	Zipped           bool
	Body             []byte
	Secrets          map[string]string
}

func references(t testing.TB) (all []reference) {
	t.Helper()
	text, err := os.ReadFile("testdata/objects.json")
	if err == nil {
		err = json.Unmarshal(text, &all)
	}
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// described decrypts an object as SST's description has it, with nothing of
// this package: gzip if it begins so, 12 bytes of nonce, AES-256-GCM, JSON.
func described(t testing.TB, passphrase string, body []byte) (text string, zipped bool) {
	t.Helper()
	zipped = bytes.HasPrefix(body, []byte{0x1f, 0x8b})
	if zipped {
		r, err := gzip.NewReader(bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		if body, err = io.ReadAll(r); err != nil {
			t.Fatal(err)
		}
	}
	key, err := base64.StdEncoding.DecodeString(passphrase)
	if err != nil {
		t.Fatal(err)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		t.Fatal(err)
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := gcm.Open(nil, body[:12], body[12:], nil)
	if err != nil {
		t.Fatal(err)
	}
	return string(plain), zipped
}

func key(t testing.TB, passphrase string) cipher.AEAD {
	t.Helper()
	k, err := parseKey(passphrase)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestOpenWhatOthersSealed(t *testing.T) {
	for _, ref := range references(t) {
		t.Run(ref.Name, func(t *testing.T) {
			secrets, zipped, err := open(key(t, ref.Passphrase), ref.Body)
			if err != nil {
				t.Fatal(err)
			}
			if !maps.Equal(secrets, ref.Secrets) || zipped != ref.Zipped {
				t.Errorf("got %q, zipped %t", secrets, zipped)
			}
		})
	}
}

func TestSealWhatOthersOpen(t *testing.T) {
	for _, ref := range references(t) {
		t.Run(ref.Name, func(t *testing.T) {
			k := key(t, ref.Passphrase)
			plain := ref.Body
			if ref.Zipped {
				plain = gunzip(plain)
			}
			if body := encrypt(k, bytes.Clone(plain[:12]), ref.Secrets); !bytes.Equal(body, plain) {
				t.Error("with the same nonce, the bytes differ")
			}
			text, zipped := described(t, ref.Passphrase, seal(k, ref.Secrets, ref.Zipped))
			want := `{"Empty":"","StripeKey":"sk_test_\u003c\u0026\u003e\u2028","Text":"é\n\"quoted\"\t\\ $HOME 🔑` + "\x7f" + `\u0001"}`
			equal(t, "text", text, want)
			if zipped != ref.Zipped {
				t.Errorf("zipped %t, want %t", zipped, ref.Zipped)
			}
		})
	}
}

func TestNonce(t *testing.T) {
	draws := 0
	draw := func(b []byte) {
		copy(b, "\x1f\x8b0123456789")
		if draws++; draws > 2 {
			b[1] = 0x8c
		}
	}
	equal(t, "raw", string(nonce(false, draw)), "\x1f\x8c0123456789")
	draws = 0
	equal(t, "gzipped", string(nonce(true, draw)), "\x1f\x8b0123456789")
	k := key(t, newPassphrase())
	if bytes.Equal(seal(k, nil, false)[:12], seal(k, nil, false)[:12]) {
		t.Error("the same nonce twice")
	}
}

func TestParseKey(t *testing.T) {
	for passphrase, ok := range map[string]bool{
		newPassphrase(): true,
		base64.StdEncoding.EncodeToString(make([]byte, 24)) + "\n": true,
		base64.StdEncoding.EncodeToString(make([]byte, 31)):        false,
		base64.StdEncoding.EncodeToString(make([]byte, 64)):        false,
		base64.RawStdEncoding.EncodeToString(make([]byte, 32)):     false,
		"hunter2": false,
		"":        false,
	} {
		if _, err := parseKey(passphrase); (err == nil) != ok || err != nil && err != errKey {
			t.Errorf("%q: %v", passphrase, err)
		}
	}
	if a, b := newPassphrase(), newPassphrase(); a == b || len(a) != 44 {
		t.Errorf("%q and %q", a, b)
	}
}

func TestOpenRefuses(t *testing.T) {
	k := key(t, newPassphrase())
	sealed := func(text string) []byte {
		n := []byte("abcdefghijkl")
		return k.Seal(n, n, []byte(text), nil)
	}
	whole := sealed(`{"A":"hunter2"}`)
	for name, test := range map[string]struct {
		body []byte
		want error
	}{
		"empty":        {nil, errSealed},
		"short":        {whole[:11], errSealed},
		"nonce alone":  {whole[:12], errSealed},
		"cut":          {whole[:len(whole)-1], errSealed},
		"longer":       {append(bytes.Clone(whole), 0), errSealed},
		"no gzip":      {[]byte("\x1f\x8b\x08"), errSealed},
		"not sealed":   {[]byte(`{"A":"hunter2"}`), errSealed},
		"number":       {sealed(`{"A":1}`), errJSON},
		"list":         {sealed(`["hunter2"]`), errJSON},
		"no JSON":      {sealed(`hunter2`), errJSON},
		"two objects":  {sealed(`{}{}`), errJSON},
		"nothing":      {sealed(``), errJSON},
		"empty object": {sealed(`{}`), nil},
		"null":         {sealed(`null`), nil},
		"null inside":  {sealed(`{"A":null}`), nil},
	} {
		t.Run(name, func(t *testing.T) {
			secrets, _, err := open(k, test.body)
			if err != test.want {
				t.Errorf("got %v, want %v", err, test.want)
			}
			if err != nil && secrets != nil {
				t.Error("secrets in spite of an error")
			}
		})
	}
	var bomb bytes.Buffer
	w := gzip.NewWriter(&bomb)
	w.Write(make([]byte, maxObject+1))
	w.Close()
	if _, _, err := open(k, bomb.Bytes()); err != errSealed {
		t.Errorf("a gzip bomb: %v", err)
	}
}

// FuzzOpen damages objects, and what is in them: an error of the three that
// say nothing of a value, or secrets, and never a panic.
func FuzzOpen(f *testing.F) {
	passphrase := base64.StdEncoding.EncodeToString(make([]byte, 32))
	k := key(f, passphrase)
	for _, ref := range references(f) {
		f.Add(ref.Body, `{"A":"b"}`, false)
	}
	f.Add(seal(k, map[string]string{"A": "hunter2"}, true), `{"A":null,"A":"\ud800"}`, true)
	f.Fuzz(func(t *testing.T, body []byte, text string, zipped bool) {
		if _, _, err := open(k, body); err != nil && err != errSealed && err != errJSON {
			t.Errorf("object: %v", err)
		}
		n := []byte("abcdefghijkl")
		secrets, _, err := open(k, k.Seal(n, n, []byte(text), nil))
		if err != nil {
			if err != errJSON {
				t.Errorf("text: %v", err)
			}
			return
		}
		again, wasZipped, err := open(k, seal(k, secrets, zipped))
		if err != nil || wasZipped != zipped || !maps.Equal(again, secrets) {
			t.Errorf("%q became %q, %v", secrets, again, err)
		}
	})
}
