"""What every algorithm must give for a header.

The digests are those of implementations that are not ours; of heavy it is ours, which agrees with the first
block of a chain.
"""

from __future__ import annotations

from collections.abc import Mapping

from nompcore.algorithms import KECCAK, SCRYPT, SCRYPT_JANE, SCRYPT_N, SCRYPT_OG, SHA256

COUNTING = bytes(range(80))
"""As a header it has a time of 2007: the smallest N of scrypt-n and scrypt-jane."""

ANSWERS: Mapping[str, str] = {
    SHA256: "852c98044fb00507122ff63bda7b529566348fc204f72b00dff1afd7b40501e4",
    SCRYPT: "bc540a1a801df96e493005c71e010e2d387607fbf0fec416fd3c2645aa1ba9d2",
    SCRYPT_OG: "eb434b4066f3f23b79d5f65ee53a63f9004168ca73a9b58e8b5c18b5307d1a25",
    SCRYPT_N: "67bc1237b713ec9858c9975a3a1056a0609c01587139a730bb17397fd7f3a382",
    SCRYPT_JANE: "228eae917d32e235afbfd89e33ef3bdb9e20eaa4522f118e4153a036bab83ca5",
    "sha1": "00000000000000000000000050cc8a087087b59cd8ca74902ebe7ef6ed1b0464",
    "x11": "412e767aa9a39ee210ea9ce424de4ff5ee35e61a8c27506bc2365ff7d4e3ecce",
    "x13": "44e39c878aa74badd072b531b2fdf181051431053f486fc36435b347e3986dac",
    "x15": "3f6a85ad072244e1a7a045cc98541e96e446b4888a6b9d41c95035701489558d",
    "x16r": "f8c4a73b0f1c5f0c39db569e9250dff51a8ba1410d7c6e741d739a534fc32177",
    "x16rv2": "f5940c4f24a935758416bc6cb41b9d60f419151a173e878eb5029273f59f7925",
    "c11": "1d779b963a8ad08b51f776862ae7c558e578fb3a3d5ce44b4f1d780b7fc2cd60",
    "nist5": "613f61e8346b89ae0429f1d49108b588f3ad050de7f0ad13589bf75840e6e3d3",
    "quark": "ae69759081f8ffa2913284f985c25eab7af8aaa39670419b03ac68afb3c75ece",
    "qubit": "5f445fc9277a5af9e10c6d580bcec9e801a241e75e9734ce2acd3143db177c15",
    KECCAK: "f0fe5c66fa31e6089ce5553a1bee59a71251a9801e1cbcd133353ce8079e085f",
    "blake": "9fec6acc5a18cff70add910dbe789b0d39a6ca3456aca5ee56f2282d1a8ac664",
    "skein": "4de841423eddf5bd7faa05470262cfa33a74caa8081254e412091a657a96bbe8",
    "groestl": "e273974c11312120ced9b3f366ac07f991fc79c87325309de3a28926c48e9165",
    "groestlmyriad": "f28596c452bcec2325350f94e909ef885404430394681803ac167499fd717416",
    "fugue": "f82a5b6b344fd02bd6395b326c9dbf70e9dfb763738ba9f7b1d19d3d73b1d71d",
    "shavite3": "92a5878b42a07983ae944237f9ea2c8661e82e3dd856f2ae0c6c9108a4446add",
    "hefty1": "4dc05ae7fb832d32de641f721b253f0101311cc3edf2729b1cd3c8a0d8d49776",
    "heavy": "c065c5c7f20551e65283fff7c7ab25e1835196759d3e06557ec3120ab5ee8a00",
    "blake2s": "aff3b75f3f581264d7661662b92f5ad37c1d32bd45ff81a4ed8adc9ef30dd989",
    "lyra2re": "dda1487831430df5d5fc1ee3a7bac672a13589dfdcf6a44efdc143a5c0202d10",
    "lyra2rev2": "2246faafca15a01a35c81a3f801fe8338942565bdb75a505517372aa0c7afdd0",
    "lyra2rev3": "9015a1aa1cc961093e5b5d078ccc5fe527d41a19d9df6e8b12e7e6fdad8c590d",
    "neoscrypt": "7258961afb33fd12d00cacb8d63f4f4f52bb6917043865dd24a08f578853122d",
    "yescrypt": "ae955413ae874374e49bcce4d5476fde4903b10a1402377f8ed70adf5968d9f7",
    "yescryptR8": "727148f2c0e778655717a92db8831aa1b241aefd7d1a51b4c7294c264ae82162",
    "yescryptR16": "03695508103955e53e70aa9914f5635c26e4a7321f25e2d800b3ca6695d7dd68",
    "yescryptR32": "b9c8ba8527fb47306ff753329a8c25c421450a24cec7df77b470f8ecc31d49ba",
    "yespower": "925903a9c3c9e24f710d5b46e2a5efb72b0524d00aaa75af03bae616a1e5e389",
    "yespowerSUGAR": "ff438e2a4675a4d3f44d499aa953077aab87b91e4fb34dca0b1ded2f348f6be1",
    "yespowerTIDE": "66cdd2fa32fd05c3c2bc8fc44744956c1ab17a929615a4062b7d4cbcf6afca6c",
    "yespowerR16": "814dc9c0afb1db4d527125bcc7f6352724b78d11c2ed2a0bb1bddf8d18cef083",
}
"""Digest of `COUNTING` by algorithm, in the order of its bytes."""
