/* NeoScrypt's two passes over memory, side by side: one mixes with ChaCha20, one with Salsa20, and neither waits for
 * the other, so a processor works on both at once. To be included once a target: NEOSCRYPT_MIX names the function made
 * and NEOSCRYPT_TARGET its attributes. */

/* Scrypt's BlockMix with r = 2, once in each pass. */
NEOSCRYPT_TARGET static void NEOSCRYPT_GLUE(NEOSCRYPT_MIX, _blocks)(struct neoscrypt_pass *chacha,
                                                                    struct neoscrypt_pass *salsa) {
    for (size_t i = 0; i < NEOSCRYPT_BLOCKS; i++) {
        size_t before = (i + NEOSCRYPT_BLOCKS - 1) % NEOSCRYPT_BLOCKS;
        struct row_block c = row_block_xor(chacha->blocks[i], chacha->blocks[before]);
        struct row_block s = row_block_xor(salsa->blocks[i], salsa->blocks[before]);
        chacha->blocks[i] = c;
        salsa->blocks[i] = s;
        for (int rounds = 0; rounds < 20; rounds += 2) {
            chacha20_double_round(&c);
            salsa20_double_round(&s);
        }
        chacha->blocks[i] = row_block_add(chacha->blocks[i], c);
        salsa->blocks[i] = row_block_add(salsa->blocks[i], s);
    }
    swap_middle(chacha);
    swap_middle(salsa);
}

NEOSCRYPT_TARGET static void NEOSCRYPT_MIX(struct neoscrypt_pass *chacha, struct neoscrypt_pass *salsa,
                                           struct neoscrypt_pass (*memory)[2]) {
    for (size_t i = 0; i < NEOSCRYPT_N; i++) {
        memory[i][0] = *chacha;
        memory[i][1] = *salsa;
        NEOSCRYPT_GLUE(NEOSCRYPT_MIX, _blocks)(chacha, salsa);
    }
    for (size_t i = 0; i < NEOSCRYPT_N; i++) {
        add_pass(chacha, &memory[chosen(chacha)][0]);
        add_pass(salsa, &memory[chosen(salsa)][1]);
        NEOSCRYPT_GLUE(NEOSCRYPT_MIX, _blocks)(chacha, salsa);
    }
}

#undef NEOSCRYPT_MIX
#undef NEOSCRYPT_TARGET
