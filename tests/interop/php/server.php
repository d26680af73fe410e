<?php
// A server that answers what its address names, HOW/WHAT/SERVICE: `php server.php HUB.pem PARTY.pem ANSWERS LOG`.

require __DIR__ . '/wsse.php';

[, $own, $party, $answers, $log] = $argv;
$pem = file_get_contents($own);
$trusted = file_get_contents($party);
$server = stream_socket_server('tcp://127.0.0.1:0');
echo preg_replace('/.*:/', '', stream_socket_get_name($server, false)), "\n";
while (true) {
    $made = stream_socket_accept($server, 600);
    if ($made === false) {
        break;
    }
    stream_set_timeout($made, 10);
    [, $path] = explode(' ', (string) fgets($made));
    $size = 0;
    while (($line = trim((string) fgets($made))) !== '') {
        if (stripos($line, 'content-length:') === 0) {
            $size = (int) substr($line, 15);
        }
    }
    $request = $size > 0 ? (string) stream_get_contents($made, $size) : '';
    [, $way, $what] = explode('/', $path);
    file_put_contents($log, verdict($request, $trusted));
    $plain = file_get_contents("$answers/$what.xml");
    $body = $way === 'unsigned' ? $plain : sign($plain, $pem, $way);
    $status = str_contains($what, 'fault') ? '500 Fault' : '200 OK';
    $head = "HTTP/1.1 $status\r\nContent-Type: text/xml; charset=utf-8\r\nConnection: close\r\nContent-Length: " . strlen($body);
    fwrite($made, "$head\r\n\r\n$body");
    fclose($made);
}
