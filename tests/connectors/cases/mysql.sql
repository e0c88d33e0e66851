-- a dump's preamble
SET NAMES utf8mb4;
DROP TABLE IF EXISTS `customer`;
CREATE TABLE `customer` (
  `id` bigint NOT NULL AUTO_INCREMENT,
  `full_name` varchar(64) CHARACTER SET utf8mb4 NOT NULL COMMENT '姓名',
  `mobile` varchar(20) DEFAULT NULL COMMENT '手机号, it''s private',
  `birth_date` date,
  PRIMARY KEY (`id` DESC) USING BTREE,
  KEY `k` (`mobile`)
) ENGINE=InnoDB AUTO_INCREMENT=7 COMMENT='客户';
INSERT INTO `customer` VALUES (1, 'a;b', '-- no', NULL);
CREATE TABLE `visit` (
  `id` int, `customer_id` bigint, # who
  `note` text
);
ALTER TABLE `customer` ADD COLUMN `extra` json AFTER `mobile`;
/*!50001 CREATE ALGORITHM=UNDEFINED DEFINER=`root`@`%` SQL SECURITY DEFINER VIEW `customer_names` AS select `customer`.`id` AS `id`,`customer`.`full_name` AS `full_name` from `customer` */;
