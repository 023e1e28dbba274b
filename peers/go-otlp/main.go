// SPDX-License-Identifier: Apache-2.0

// Command go-otlp sends all three signals with OpenTelemetry Go's SDK and OTLP exporters, gzip on, and writes what it
// sent.
//
//	go-otlp -protocol grpc|http -endpoint HOST:PORT -output FILE [-ca FILE [-cert FILE -key FILE] [-server-name NAME]]
//
// FILE gets one JSON object a line: {"signal": ..., "request": the protobuf message as protobuf's own JSON}. Without -ca
// there is no TLS. Ends with 1 when an export failed.
package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"sync"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

// Options of the command line.
type destination struct {
	protocol string
	endpoint string
	tls      *tls.Config
	sent     *record
}

// Longest time for one export; a failing one must end the program soon.
const exportTimeout = 10 * time.Second

func main() {
	to := destination{}
	var output, authorities, certificate, key, serverName string
	flag.StringVar(&to.protocol, "protocol", "grpc", "grpc or http")
	flag.StringVar(&to.endpoint, "endpoint", "", "host:port")
	flag.StringVar(&output, "output", os.DevNull, "file for what was sent")
	flag.StringVar(&authorities, "ca", "", "authorities of the server, PEM")
	flag.StringVar(&certificate, "cert", "", "own certificate, PEM")
	flag.StringVar(&key, "key", "", "key of the certificate, PEM")
	flag.StringVar(&serverName, "server-name", "", "name that the server's certificate must have")
	flag.Parse()
	file, err := os.Create(output)
	must(err)
	to.sent = &record{file: file}
	to.tls, err = clientTLS(authorities, certificate, key, serverName)
	must(err)
	ctx, cancel := context.WithTimeout(context.Background(), 3*exportTimeout)
	defer cancel()
	must(sendTraces(ctx, to))
	must(sendMetrics(ctx, to))
	must(sendLogs(ctx, to))
	must(file.Close())
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func clientTLS(authorities, certificate, key, serverName string) (*tls.Config, error) {
	if authorities == "" {
		return nil, nil
	}
	pem, err := os.ReadFile(authorities)
	if err != nil {
		return nil, err
	}
	config := &tls.Config{RootCAs: x509.NewCertPool(), ServerName: serverName}
	if !config.RootCAs.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s: no certificate", authorities)
	}
	if certificate != "" {
		pair, err := tls.LoadX509KeyPair(certificate, key)
		if err != nil {
			return nil, err
		}
		config.Certificates = []tls.Certificate{pair}
	}
	return config, nil
}

// What was sent, one request a line.
type record struct {
	mutex sync.Mutex
	file  *os.File
}

func (r *record) write(signal string, request proto.Message) error {
	text, err := protojson.MarshalOptions{UseEnumNumbers: true}.Marshal(request)
	if err != nil {
		return err
	}
	line, err := json.Marshal(map[string]any{"signal": signal, "request": json.RawMessage(text)})
	if err != nil {
		return err
	}
	r.mutex.Lock()
	defer r.mutex.Unlock()
	_, err = r.file.Write(append(line, '\n'))
	return err
}
