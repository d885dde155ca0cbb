package sst

import (
	"bytes"
	"compress/gzip"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
)

// maxObject limits what is read of an object, and what it unfolds to, in bytes.
const maxObject = 16 << 20

// magic is what SST knows a gzipped object by.
const magic = "\x1f\x8b"

// What can be wrong with what SST keeps. None of them says anything of it.
var (
	errKey    = errors.New("is no base64 of a key")
	errSealed = errors.New("cannot be decrypted")
	errJSON   = errors.New("is no JSON object of names and values")
)

// newPassphrase returns a new key, as text.
func newPassphrase() string {
	key := make([]byte, 32)
	rand.Read(key)
	return base64.StdEncoding.EncodeToString(key)
}

// parseKey returns the cipher that a passphrase is the key of. Like SST it
// takes keys of 16 and 24 bytes, too, which one that was brought along may be.
func parseKey(passphrase string) (cipher.AEAD, error) {
	key, err := base64.StdEncoding.DecodeString(passphrase)
	if err != nil {
		return nil, errKey
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, errKey
	}
	return cipher.NewGCM(block)
}

// open decrypts an object: the nonce, then the encrypted JSON, all of it
// gzipped or not. A nonce may begin as gzip does.
func open(key cipher.AEAD, body []byte) (secrets map[string]string, zipped bool, err error) {
	text, err := decrypt(key, gunzip(body))
	zipped = err == nil
	if !zipped {
		text, err = decrypt(key, body)
	}
	if err != nil {
		return nil, false, err
	}
	if json.Unmarshal(text, &secrets) != nil {
		return nil, zipped, errJSON
	}
	return secrets, zipped, nil
}

func decrypt(key cipher.AEAD, body []byte) ([]byte, error) {
	if len(body) < key.NonceSize() {
		return nil, errSealed
	}
	text, err := key.Open(nil, body[:key.NonceSize()], body[key.NonceSize():], nil)
	if err != nil {
		return nil, errSealed
	}
	return text, nil
}

// gunzip returns nil for what is not gzipped.
func gunzip(body []byte) []byte {
	if !bytes.HasPrefix(body, []byte(magic)) {
		return nil
	}
	r, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return nil
	}
	plain, err := io.ReadAll(io.LimitReader(r, maxObject+1))
	if err != nil || len(plain) > maxObject {
		return nil
	}
	return plain
}

// seal encrypts secrets to the bytes that SST would write, the nonce apart.
func seal(key cipher.AEAD, secrets map[string]string, zipped bool) []byte {
	body := encrypt(key, nonce(zipped, func(b []byte) { rand.Read(b) }), secrets)
	if !zipped {
		return body
	}
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	w.Write(body) // to a buffer, which takes all
	w.Close()
	return b.Bytes()
}

func encrypt(key cipher.AEAD, nonce []byte, secrets map[string]string) []byte {
	text, _ := json.Marshal(secrets) // of strings, which cannot fail
	return key.Seal(nonce, nonce, text, nil)
}

// nonce draws one. SST would take an object that is not gzipped, but begins so,
// for a damaged one.
func nonce(zipped bool, draw func([]byte)) []byte {
	n := make([]byte, 12)
	for {
		if draw(n); zipped || !bytes.HasPrefix(n, []byte(magic)) {
			return n
		}
	}
}
