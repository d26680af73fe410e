<?php
// SoapClient as a client: `php client.php JOBS OWN.pem HUB.pem [sha256]`.

require __DIR__ . '/wsse.php';

class Signing extends SoapClient
{
    public string $pem = '';
    public string $hash = 'sha1';
    public string $answer = '';

    public function __doRequest(string $request, string $location, string $action, int $version, bool $oneWay = false): ?string
    {
        $answer = parent::__doRequest(sign($request, $this->pem, 'token', $this->hash), $location, $action, $version, $oneWay);
        $this->answer = (string) $answer;
        return $answer;
    }
}

[, $jobs, $own, $hub] = $argv;
$pem = file_get_contents($own);
$trusted = file_get_contents($hub);
$set = '';
foreach (file($jobs, FILE_IGNORE_NEW_LINES) as $line) {
    [$name, , $address, $action, , $file] = explode("\t", $line);
    $request = str_replace('RESULT-SET', $set, file_get_contents($file));
    $verified = '-';
    try {
        $client = new Signing("$address?WSDL", ['cache_wsdl' => WSDL_CACHE_NONE, 'exceptions' => true]);
        $client->pem = $pem;
        $client->hash = $argv[4] ?? 'sha1';
        try {
            $client->__soapCall($action, [new SoapVar($request, XSD_ANYXML)]);
        } catch (SoapFault $fault) {
            if (!str_starts_with($client->answer, '<')) {
                throw $fault;
            }
        }
        [$outcome, $found] = outcome($client->answer);
        if (isset($fault) && !str_starts_with($outcome, 'fault')) {
            $outcome = 'error ' . $fault->getMessage();
        }
        unset($fault);
        $verified = verdict($client->answer, $trusted);
        $set = $found === '' ? $set : $found;
    } catch (Throwable $error) {
        $outcome = 'error ' . preg_replace('/\s+/', ' ', $error->getMessage());
    }
    echo implode("\t", [$name, $outcome, $verified]), "\n";
}
